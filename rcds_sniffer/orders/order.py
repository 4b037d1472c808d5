"""What an interception order says: plain values that never change.

An order is known by its LIID, the lawful interception identifier that agency and operator agreed on, and by its
*reference*, a random word that says nothing and names its key and its rows. Its *terms* are what one person enters
and a second one approves; changed terms wait beside those in force until they are approved too.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Scope(StrEnum):
    """How much an order lets us store."""

    IRI = "iri"
    """Who, when, with whom: no text, no content, no packets."""
    IRI_CC = "iri+cc"
    """The content of communication as well."""


class State(StrEnum):
    """Where an order stands; :mod:`rcds_sniffer.orders.states` has the changes between them."""

    ENTERED = "entered"
    """It acts on nothing until a second person has approved it."""
    APPROVED = "approved"
    """It acts from its first valid instant to its last."""
    CHANGED = "changed"
    """The same by the approved terms; changed ones wait for their approval."""
    REVOKED = "revoked"
    """It acts on nothing any more."""
    DESTROYED = "destroyed"
    """Its key is destroyed: nobody can read it or what was recorded for it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an order names. What is given has to hold together; something is."""

    account: str | None = None
    """Normalised, as in records."""
    domain: str | None = None
    """Every account of it: lower case, without ``@``."""
    address: str | None = None
    """IP address or prefix (``192.0.2.0/24``) at the client end of the account's own connection."""
    protocol: str | None = None
    """On this protocol alone, ``msnp``; None: on every one."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was granted."""

    liid: str
    """1 to 25 characters of printable ASCII (ETSI TS 102 232-1)."""
    agency: str
    legal_reference: str
    identities: tuple[Identity, ...]
    """At least one."""
    valid_from: int
    """First instant, nanoseconds since 1970 UTC."""
    valid_to: int
    """First instant at which it is over."""
    scope: Scope


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done to an order."""

    action: str
    """``enter``, ``approve``, ``modify``, ``revoke``, ``destroy``."""
    person: str
    time: int
    """Of the wall clock, nanoseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands."""

    reference: str
    """32 hexadecimal digits, random."""
    state: State
    terms: Terms
    """Those that act, or will once they are approved."""
    proposed: Terms | None
    """Changed terms that wait for a second person."""
    history: tuple[Step, ...]
    """From its entry to its latest change."""

    def changed(self, **changes: object) -> "Order":
        """The same with other values in these fields."""
        return replace(self, **changes)  # type: ignore[arg-type]

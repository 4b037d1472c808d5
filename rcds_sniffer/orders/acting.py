"""What an order lets a sensor do: the part of it that a sensor has to know, and its form on the way there.

The sensor's process has no key and no database. It gets these as JSON from the process that has.
"""

from dataclasses import dataclass
from typing import Any

from rcds_sniffer.orders.order import Identity, Order, Scope, State


@dataclass(frozen=True, slots=True)
class Acting:
    """An approved order, as a sensor sees it."""

    order_id: str
    """The LIID."""
    identities: tuple[Identity, ...]
    since: int
    """First instant, nanoseconds since 1970 UTC of the packets' clock."""
    until: int
    """First instant at which it is over."""
    content: bool
    """Its scope is ``iri+cc``."""

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "order_id": self.order_id,
            "identities": [[i.account, i.domain, i.address, i.protocol] for i in self.identities],
            "since": self.since,
            "until": self.until,
            "content": self.content,
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> "Acting":
        """From what :meth:`to_json` gave."""
        identities = tuple(Identity(*identity) for identity in said["identities"])
        return cls(said["order_id"], identities, said["since"], said["until"], said["content"])


def acting(order: Order) -> Acting | None:
    """What ``order`` lets a sensor do; None while it lets it do nothing, whatever the time."""
    if order.state not in {State.APPROVED, State.CHANGED}:
        return None
    terms = order.terms
    content = terms.scope is Scope.IRI_CC
    return Acting(terms.liid, terms.identities, terms.valid_from, terms.valid_to, content)

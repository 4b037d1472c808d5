"""An order as it is sealed: JSON in, JSON out. What was sealed once must be read for as long as its key exists.

A destroyed order's last version is sealed under the master key, since its own is gone: it keeps the LIID, so that
the log can be read, and who did what to it, but whom it named and why is nowhere any more.
"""

import json
from typing import Any, Final

from rcds_sniffer.orders.order import Identity, Order, Scope, State, Step, Terms

FORM: Final = 1
"""Of what is sealed; a later form gets the next number."""


def pack(order: Order) -> bytes:
    """The octets to be sealed."""
    said = {
        "form": FORM,
        "state": order.state.value,
        "terms": _terms(order.terms),
        "proposed": None if order.proposed is None else _terms(order.proposed),
        "history": [[step.action, step.person, step.time] for step in order.history],
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")


def unpack(reference: str, octets: bytes) -> Order:
    """The order ``reference`` from what :func:`pack` gave.

    Raises:
        ValueError: a later version of the program made it.
    """
    said = json.loads(octets)
    if said["form"] != FORM:
        raise ValueError("a newer version of the program entered it")
    return Order(
        reference,
        State(said["state"]),
        _read_terms(said["terms"]),
        None if said["proposed"] is None else _read_terms(said["proposed"]),
        tuple(Step(*step) for step in said["history"]),
    )


def remains(order: Order) -> Order:
    """What is kept of a destroyed order: no agency, nobody named, no time."""
    terms = Terms(order.terms.liid, "", "", (), 0, 0, Scope.IRI)
    return Order(order.reference, order.state, terms, None, order.history)


def _terms(terms: Terms) -> dict[str, Any]:
    return {
        "liid": terms.liid,
        "agency": terms.agency,
        "legal_reference": terms.legal_reference,
        "identities": [[i.account, i.domain, i.address, i.protocol] for i in terms.identities],
        "valid_from": terms.valid_from,
        "valid_to": terms.valid_to,
        "scope": terms.scope.value,
    }


def _read_terms(said: dict[str, Any]) -> Terms:
    return Terms(
        said["liid"],
        said["agency"],
        said["legal_reference"],
        tuple(Identity(*identity) for identity in said["identities"]),
        said["valid_from"],
        said["valid_to"],
        Scope(said["scope"]),
    )

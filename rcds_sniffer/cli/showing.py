"""Orders as tables. What people wrote in them is made safe for the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rcds_sniffer.export.safe_text import safe
from rcds_sniffer.orders.form import instant
from rcds_sniffer.orders.order import Identity, Order, Terms
from rcds_sniffer.orders.states import standing


def list_of_orders(orders: Sequence[Order], now: int) -> None:
    """All orders, a line each; nobody whom they name."""
    table = Table(box=None, pad_edge=False)
    for name in ("LIID", "agency", "from", "to", "scope", "targets", "standing"):
        table.add_column(name, no_wrap=name in {"LIID", "scope"}, overflow="fold")
    for order in orders:
        terms, there = order.terms, bool(order.terms.identities)
        table.add_row(
            _text(terms.liid),
            _text(terms.agency),
            instant(terms.valid_from) if there else "",
            instant(terms.valid_to) if there else "",
            terms.scope.value if there else "",
            str(len(terms.identities)) if there else "",
            standing(order, now),
        )
    Console().print(table)


def one_order(order: Order, now: int) -> None:
    """One order, with whom it names, and what of it would change."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    if order.proposed is not None:
        table.add_column(overflow="fold", header="proposed")
    old, new = _lines(order.terms), None if order.proposed is None else _lines(order.proposed)
    table.add_row("LIID", _text(order.terms.liid))
    table.add_row("standing", standing(order, now))
    if order.terms.identities:
        for name, value in old.items():
            change = [] if new is None else [_text("" if new[name] == value else "→ " + new[name])]
            table.add_row(name, _text(value), *change)
    for number, step in enumerate(order.history):
        table.add_row(
            "history" if not number else "", _text(f"{instant(step.time)}  {step.action} by {step.person}")
        )
    Console().print(table)


def _lines(terms: Terms) -> dict[str, str]:
    return {
        "agency": terms.agency,
        "legal reference": terms.legal_reference,
        "targets": "\n".join(map(_identity, terms.identities)),
        "in force from": instant(terms.valid_from),
        "over at": instant(terms.valid_to),
        "scope": terms.scope.value,
    }


def _identity(identity: Identity) -> str:
    words = [
        identity.account,
        None if identity.domain is None else f"everybody at {identity.domain}",
        None if identity.address is None else f"from {identity.address}",
        None if identity.protocol is None else f"on {identity.protocol}",
    ]
    return " ".join(word for word in words if word)


def _text(words: str) -> Text:
    return Text("\n".join(safe(line) for line in words.split("\n")))

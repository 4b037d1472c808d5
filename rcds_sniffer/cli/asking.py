"""Questions on a terminal, whose answers make an order. They do not stand on any command line."""

from typing import Any

import click

from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.orders.form import FormError, read_terms
from rcds_sniffer.orders.order import Terms

KINDS = {"account": "alice@example.org", "domain": "example.org", "address": "192.0.2.0/24"}


def ask_for_terms(liid: str | None = None) -> Terms:
    """Ask for an order field by field; ``liid`` is known where one is to be changed.

    Raises:
        UserError: the answers make no order.
    """
    said: dict[str, Any] = {"liid": liid or _ask("LIID")}
    said["agency"] = _ask("Agency")
    said["legal_reference"] = _ask("Legal reference")
    said["targets"] = _ask_for_targets()
    said["valid_from"] = _ask("In force from (as in 2026-11-22T00:00:00Z)")
    said["valid_to"] = _ask("Over at (the same)")
    said["scope"] = _ask("Scope: iri (who, when, with whom), iri+cc (content too)", default="iri")
    try:
        return read_terms(said)
    except FormError as error:
        raise UserError(str(error)) from error


def _ask_for_targets() -> list[dict[str, str]]:
    targets: list[dict[str, str]] = []
    while True:
        target = {}
        for kind, example in KINDS.items():
            if kind == "domain" and "account" in target:
                continue
            if answer := _ask(
                f"{kind.capitalize()} of target {len(targets) + 1} (as {example}; empty: none)", default=""
            ):
                target[kind] = answer
        if target:
            targets.append(target)
        if not target or not click.confirm("One more?", default=False, err=True):
            return targets


def _ask(words: str, default: str | None = None) -> str:
    answer: str = click.prompt(words, default=default, show_default=bool(default), err=True)
    return answer.strip()

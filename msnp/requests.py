"""What the client asked for, until the server refuses it: ties ``NNN tr`` to its command (reference 4.5).

A handler of a client's command calls :func:`asked`; nothing else is to be done, and nothing when the server
agrees. The handler of errors calls :func:`refused`. Not for MSG, of which there are thousands, nor for CAL and
USR, which remember more of their own. Bounded by ``limits.transactions``: beyond, the oldest request is forgotten,
and its refusal is told without what it refuses.
"""

from collections.abc import Mapping
from typing import NamedTuple

from msnp.events import NOTHING
from msnp.frames import Frame, to_number
from msnp.state import State
from msnp.threads import Thread

_ANY = b""
"""In place of the command in the key: an error says the transaction only."""


class Request(NamedTuple):
    """One command of the client's that may be refused."""

    command: str
    account: str | None
    """Whom it is about; None: nobody, several, or not known."""
    details: Mapping[str, object]
    """What else its refusal shall say: ``action``, ``lists``, ``status`` …, by the names of the records."""
    thread: Thread | None = None
    """Of something said: the conversation in which it is refused then."""


def asked(
    state: State,
    line: Frame,
    account: str | None = None,
    details: Mapping[str, object] | None = None,
    thread: Thread | None = None,
) -> None:
    """Remember the client's request ``line``, should it be refused; a server's line is none and changes nothing.

    ``account``: the contact it is about (normalised). ``details``: what the event of its refusal shall say beside
    ``error`` and ``error_text``, as in ``asked(state, line, account, {"action": "added", "lists": ["FL"]})``.
    A line without a transaction is not remembered: no error could name it.
    """
    if not line.from_client or len(line.tokens) < 2 or to_number(line.tokens[1]) is None:
        return
    command = line.tokens[0].decode("ascii", "replace")
    state.requests.remember((_ANY, line.tokens[1]), Request(command, account, details or NOTHING, thread))


def refused(state: State, transaction: bytes) -> Request | None:
    """The request that an error's transaction names, and forget it; None where it was not seen."""
    request = state.requests.pop((_ANY, transaction), None)
    return request if isinstance(request, Request) else None

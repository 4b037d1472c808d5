"""What the texts of a call do: it is offered, answered, ended; and where a direct connection may come.

A text counts only if one of its call's two sends it to the other; only the invited can accept or refuse. An answer
other than 200 OK is a refusal: of the call, while it was not accepted, or if it says so; else of a direct
connection. BYE ends a call whoever says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msnp.p2p.book import Book
from msnp.p2p.bridges import MAX_ADDRESSES, Bridge, read_bridge
from msnp.p2p.carriers import Carrier
from msnp.p2p.offers import read_offer
from msnp.p2p.slp import Slp
from msnp.p2p.transfers import Transfer

if TYPE_CHECKING:
    from msnp.p2p.calls import Calls

_TRANSPORTS = frozenset({"transreqbody", "transrespbody", "transdestaddrupdate"})


def take_slp(calls: Calls, book: Book, carrier: Carrier, slp: Slp) -> None:
    """One text."""
    if carrier.origin is None:
        found = _named(book, carrier, slp)
        if found is None:
            book.count_odd()
            return
        carrier = found
    elif carrier.from_client and book.own is None and (own := slp.person("from")) is not None:
        book.state.learn_account(own, "SLP From", carrier.mark, from_client=True)
        book.learn_own()
        carrier = carrier._replace(sender=book.own)
    if slp.kind in _TRANSPORTS:
        _take_bridge(calls, book, carrier, slp)
    elif slp.method == "INVITE":
        _take_invite(calls, book, carrier, slp)
    else:
        _take_answer(book, carrier, slp)


def _named(book: Book, carrier: Carrier, slp: Slp) -> Carrier | None:
    """On a direct connection: between whom it is, if these two have a call."""
    sender, recipient = slp.person("from"), slp.person("to")
    if sender is None or recipient is None:
        return None
    named = carrier._replace(sender=sender, recipient=recipient)
    return named if any(call.speaker(named) is not None for call in book.calls) else None


def _take_invite(calls: Calls, book: Book, carrier: Carrier, slp: Slp) -> None:
    sender, recipient, session = carrier.sender, carrier.recipient, slp.session
    if sender is None or recipient is None or not session or "euf-guid" not in slp.body:
        book.count_odd()
        return
    old, _ = book.find(carrier, session)
    offer = read_offer(slp)
    if old is not None and old.learn(offer, sender, recipient):
        call = old  # its content came before
    elif old is not None and (old.call_id == slp.call_id or not (old.over or old.closed)):
        return  # said again
    else:
        call = Transfer(session, sender, recipient, offer)
        book.add(call)
    call.call_id = slp.call_id
    book.note(call, carrier.mark.time)
    call.step(carrier, book.origin(carrier, sender), "file-offer", None, by_inviter=True)
    for early, text in book.kept(call, carrier.mark.time):
        take_slp(calls, book, early, text)


def _take_answer(book: Book, carrier: Carrier, slp: Slp) -> None:
    """200 OK, a refusal, or BYE."""
    call = _call_of(book, carrier, slp)
    if call is None and slp.method is None and slp.call_id is not None:
        call = book.adopt(carrier, slp.call_id)
    if call is None:
        book.keep(carrier, slp)
        return
    book.prove_own(call, carrier)
    speaker = call.speaker(carrier)
    if speaker is None:
        return
    if slp.method == "BYE":
        hang_up(book, call, carrier, speaker, "BYE")
    elif slp.method is None and slp.code >= 200 and speaker == call.invited:
        if slp.code < 300:
            _accept(book, call, carrier)
        elif not call.accepted or slp.kind.startswith("session"):
            hang_up(book, call, carrier, speaker, slp.reason)


def _call_of(book: Book, carrier: Carrier, slp: Slp) -> Transfer | None:
    """The call that a text is of: by its Call-ID, or where either has none by its session."""
    for call in reversed(book.calls):
        if call.over or call.speaker(carrier) is None:
            continue
        unnamed = call.call_id is None or slp.call_id is None
        if slp.session == call.session if unnamed else slp.call_id == call.call_id:
            return call
    return None


def _accept(book: Book, call: Transfer, carrier: Carrier) -> None:
    if not call.accepted:
        call.accepted = True
        call.step(carrier, book.origin(carrier, call.invited), "file-accept", None, by_inviter=False)


def hang_up(book: Book, call: Transfer, carrier: Carrier, speaker: str, reason: str) -> None:
    """One of the two ends a call, or never takes it up."""
    by_inviter = speaker == call.inviter
    unheard = by_inviter and carrier.from_client and not book.state.server_heard  # was it accepted? nobody knows
    if call.over:
        return
    if not (call.began or call.accepted or unheard):
        call.step(carrier, book.origin(carrier, speaker), "file-decline", reason, by_inviter=by_inviter)
        call.end(carrier.tell, "cancelled")
        return
    if call.accepted and not call.began:
        call.end_empty(carrier, book.origin(carrier._replace(origin=None), call.sends))
    call.close(carrier.mark.time)


def _take_bridge(calls: Calls, book: Book, carrier: Carrier, slp: Slp) -> None:
    """Where a direct connection may come: it is awaited."""
    call = _call_of(book, carrier, slp)
    if call is None:
        book.keep(carrier, slp)
        return
    bridge = read_bridge(slp.body)
    for name, addresses in bridge.sides().items():
        known = call.bridges.setdefault(name, [])
        known += [address for address in addresses if address not in known][: MAX_ADDRESSES - len(known)]
    if bridge.ports and bridge.listening:
        _await(calls, book, carrier.mark.time, bridge)


def _await(calls: Calls, book: Book, time: int, bridge: Bridge) -> None:
    rendezvous = getattr(book.state.links, "rendezvous", None)
    if rendezvous is None:
        return
    from msnp.rendezvous import DirectMeeting  # noqa: PLC0415  # what awaits connections knows those who agree on them

    meeting = DirectMeeting(time, bridge.ports, bridge.addresses, bridge.nonce, bridge.hashed, calls)
    rendezvous.await_direct(meeting)

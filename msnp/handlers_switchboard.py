# cython: annotation_typing=False
"""Handlers: who is in a conversation (reference 2.3 and 2.5).

From MSNP16 on every person comes once per endpoint, ``addr;{guid}`` and then ``addr``, and leaves in the same
way; people are counted by the bare address. The own account may join itself (WLM 2009 calls itself first) and is
not a participant beside itself.
"""

from collections.abc import Mapping

from msnp.accounts import MAX_OCTETS, endpoint
from msnp.capabilities import CAPABILITIES, describe
from msnp.events import NOTHING, Called, Joined, Left, Present
from msnp.frames import Frame
from msnp.handlers_login import account_of
from msnp.requests import asked
from msnp.state import State
from msnp.text import decode_name, decode_word
from msnp.utterances import acknowledged


def _name(line: Frame, index: int) -> str | None:
    return decode_name(line.tokens[index]) if len(line.tokens) > index and line.tokens[index] else None


def handler_msn_ans(state: State, line: Frame) -> None:
    """ANS: the own account accepts an invitation; the server's OK ends the list of who is there."""
    if not line.from_client:
        state.links.answered(state, line.mark)
        state.enter(line.mark, from_client=False)
        return
    account = account_of(line.word(2))
    cookie, session_id = decode_word(line.word(3)), decode_word(line.word(4))
    asked(state, line)
    state.began = True
    state.claimed = state.claimed or account
    state.claim_mark = state.claim_mark or line.mark
    state.learn_account(account, "ANS", line.mark, from_client=True)
    state.links.used(cookie, account, line.mark)
    state.learn_conversation(session_id, line.mark, from_client=True)
    state.links.met(state, line.mark)


def handler_msn_cal(state: State, line: Frame) -> None:
    """CAL: the own account invites somebody; the server's RINGING names the session."""
    if not line.from_client:
        state.requests.pop((b"CAL", line.word(1)), None)
        state.learn_conversation(decode_word(line.word(3)), line.mark, from_client=False)
        state.links.rang(state, line.mark)
        return
    account = account_of(line.word(2))
    if state.is_own(account):
        return
    state.requests.remember((b"CAL", line.word(1)), account)
    state.emit(Called(mark=line.mark, from_client=True, account=account))
    state.call(account, line.mark)


def _details(line: Frame, index: int) -> Mapping[str, object]:
    """What stands behind the name: capabilities, as they are sent and what they mean."""
    if len(line.tokens) <= index:
        return NOTHING
    sent = decode_word(line.tokens[index][:MAX_OCTETS])
    return {"capabilities": sent, **describe(sent)} if CAPABILITIES.fullmatch(sent) else NOTHING


def handler_msn_iro(state: State, line: Frame) -> None:
    """IRO: somebody was there already.

    MSNP2 to 11 ``IRO tr number all account name``; 12 on ``… capabilities``, 16 on two numbers of them, and once
    for each endpoint before the account: ``account;{guid}``. Not in MSNP21.
    """
    account = account_of(line.word(4))
    if not state.is_own(account) and state.arrive(account, endpoint(line.word(4))):
        state.emit(
            Present(
                mark=line.mark, from_client=False, account=account, name=_name(line, 5), details=_details(line, 6)
            )
        )


def handler_msn_joi(state: State, line: Frame) -> None:
    """JOI: somebody came in: ``JOI account name``, and behind it as in IRO of the same version."""
    account = account_of(line.word(1))
    if state.is_own(account):
        return
    before = frozenset(state.roster)
    if state.arrive(account, endpoint(line.word(1))):
        state.links.joined(state, account, before, line.mark.time)
        state.emit(
            Joined(
                mark=line.mark, from_client=False, account=account, name=_name(line, 2), details=_details(line, 3)
            )
        )


def handler_msn_bye(state: State, line: Frame) -> None:
    """BYE: somebody left. One client library says it for its own account, to the server."""
    if line.from_client:
        state.leave(line.mark, from_client=True, said=True)
        return
    account = account_of(line.word(1))
    if state.is_own(account) or not state.depart(account, endpoint(line.word(1))):
        return
    idle = len(line.tokens) > 2 and line.tokens[2] == b"1"
    state.emit(Left(mark=line.mark, from_client=False, account=account, idle=idle))


def handler_msn_ack(state: State, line: Frame) -> None:
    """ACK, NAK: the server delivered a message, or could not."""
    if not state.muted:
        state.emit(acknowledged(line.mark, line.number(1), line.source[line.line_at] == ord("A")))

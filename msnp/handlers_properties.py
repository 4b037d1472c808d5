# cython: annotation_typing=False
"""Handlers: telephone numbers, names and settings, the own and contacts' (reference 4.3).

Properties: PHH, PHW and PHM are telephone numbers (home, work, mobile), MOB whether pages to the mobile are
allowed, MFN the display name; MBE, WWE and HSB are told by these names. Without a value a property is cleared,
which is told as an empty one.
"""

import re

from msnp.accounts import normalise
from msnp.contact_list import contacts_of, learnt, number_of
from msnp.events import NameChanged, ProfileLearnt
from msnp.frames import Frame, MalformedError
from msnp.handlers_presence import echoed
from msnp.list_changes import repeated
from msnp.requests import asked
from msnp.state import State
from msnp.text import decode_name

_KEY = re.compile(rb"[A-Z]{3}")
PROPERTIES = {
    b"PHH": "phone_home",
    b"PHW": "phone_work",
    b"PHM": "phone_mobile",
    b"MOB": "mobile_enabled",
}


def _property(words: list[bytes]) -> tuple[str, str]:
    """A property's name as records say it, and its value."""
    if not words or _KEY.fullmatch(words[0]) is None:
        raise MalformedError("no property")
    value = decode_name(words[1]) if len(words) > 1 else ""
    return PROPERTIES.get(words[0]) or words[0].decode("ascii"), value


def _without_numbers(line: Frame) -> list[bytes]:
    """The tokens behind transaction and serial, of which either may not be there."""
    start = 1
    while start < 3 and len(line.tokens) > start and line.tokens[start].isdigit():
        start += 1
    return line.tokens[start:]


def handler_msn_prp(state: State, line: Frame) -> None:
    """PRP: a property of the own account (MSNP5 on); ``MFN``, the own display name, from 10 on.

    Client ``PRP tr KEY [value]``, server ``PRP tr [serial] KEY [value]``; while the list is told ``PRP [serial] KEY
    value``.
    """
    words = _without_numbers(line)
    key, value = _property(words)
    numbered = line.tokens[1].isdigit()
    if words[0] == b"MFN":
        asked(state, line, None, {"action": "renamed", "name": value})
        if (numbered and echoed(state, line, value)) or not value or value == state.name:
            return
        state.learn_name(value)
        state.emit(NameChanged(mark=line.mark, from_client=line.from_client, account=None, name=value))
        return
    details: dict[str, object] = {"property": key, "value": value}
    asked(state, line, None, details)
    if not (numbered and repeated(state, line, (key, value))):
        state.emit(ProfileLearnt(mark=line.mark, from_client=line.from_client, details=details))


def handler_msn_bpr(state: State, line: Frame) -> None:
    """BPR: a property of a contact (MSNP5-12).

    ``BPR serial account KEY [value]`` (5-7), ``BPR account KEY [value]`` (8-12); ``BPR KEY value`` behind a LST is
    of that contact (8-12). If something was lost in between, nobody knows whose it is, and nothing is told.
    """
    words = line.tokens[2:] if len(line.tokens) > 2 and line.tokens[1].isdigit() else line.tokens[1:]
    contacts = contacts_of(state, line.mark.time)
    account = normalise(words[0]) if words else None
    if account is not None:
        words = words[1:]
    else:
        account = contacts.listed(state)
    key, value = _property(words)
    if account is not None:
        details: dict[str, object] = {"action": "property", "property": key, "value": value}
        state.emit(learnt(line, account, details))


def handler_msn_sbp(state: State, line: Frame) -> None:
    """SBP: a property that the own account gives a contact (MSNP10-12); ``MFN`` is the name it is shown by.

    Both sides ``SBP tr guid KEY value``.
    """
    account, contact_id = normalise(line.word(2)), None
    if account is None:
        contact_id = number_of(line.word(2))
        account = contacts_of(state, line.mark.time).account(contact_id)
    key, value = _property(line.tokens[3:])
    named = key == "MFN"
    request = (
        {"action": "renamed", "name": value} if named else {"action": "property", "property": key, "value": value}
    )
    asked(state, line, account, request)
    if repeated(state, line, (account or contact_id, key, value)):
        return
    if named:
        if not value:
            return
        if account is not None:
            state.emit(NameChanged(mark=line.mark, from_client=line.from_client, account=account, name=value))
        else:
            state.emit(learnt(line, None, {"action": "renamed"}, value, contact_id))
        return
    details: dict[str, object] = {"action": "property", "property": key, "value": value}
    state.emit(learnt(line, account, details, None, contact_id))


# --- settings -----------------------------------------------------------------------------------------------


def handler_msn_blp(state: State, line: Frame) -> None:
    """BLP: what those may do who are on neither list: ``AL`` all, ``BL`` nothing (MSNP2-21).

    Client ``BLP tr AL``, server ``BLP tr [serial] AL``; while the list is told ``BLP AL`` (from MSNP8 on).
    """
    _handle_setting(state, line, "privacy", {b"AL": "allow", b"BL": "block"})


def handler_msn_gtc(state: State, line: Frame) -> None:
    """GTC: whether the client says so when somebody adds the own account: ``A`` yes, ``N`` no (MSNP2-12).

    Forms as of BLP.
    """
    _handle_setting(state, line, "notify_when_added", {b"A": True, b"N": False})


def _handle_setting(state: State, line: Frame, setting: str, values: dict[bytes, object]) -> None:
    words = _without_numbers(line)
    if not words or words[0] not in values:
        raise MalformedError("unknown setting")
    value = values[words[0]]
    details: dict[str, object] = {"setting": setting, "value": value}
    asked(state, line, None, details)
    if not (line.tokens[1].isdigit() and repeated(state, line, value)):
        state.emit(ProfileLearnt(mark=line.mark, from_client=line.from_client, details=details))

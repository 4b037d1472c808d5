# cython: annotation_typing=False
"""Handlers: the groups of the contact list, MSNP7-12 (reference 4.3).

A group has a number up to MSNP9 and a GUID later; MSN 7.0 also says its name where the number belongs (reference
9.1, number 12). Changes are told when the client asks, so a new group's number is there only where the server
alone is heard, or later by the list. ``~`` is what the servers call the group of those who are in none.
"""

from msnp.contact_list import contacts_of, is_guid
from msnp.events import ProfileLearnt
from msnp.frames import Frame, MalformedError
from msnp.list_changes import repeated
from msnp.list_lines import words_of
from msnp.requests import asked
from msnp.state import State
from msnp.text import decode_name


def _details(action: str, group: str | None, group_id: str | None) -> dict[str, object]:
    details: dict[str, object] = {"action": action}
    if group is not None:
        details["group"] = group
    if group_id is not None:
        details["group_id"] = group_id
    return details


def _tell(state: State, line: Frame, action: str, group: str | None, group_id: str | None) -> None:
    details = _details(action, group, group_id)
    state.emit(ProfileLearnt(mark=line.mark, from_client=line.from_client, details=details))


def handler_msn_lsg(state: State, line: Frame) -> None:
    """LSG: a group, while the list is told.

    ``LSG tr serial i n id name 0`` (MSNP7), ``LSG id name 0`` (8-9), ``LSG name guid`` (10-12).
    """
    if line.from_client:
        return
    contacts = contacts_of(state, line.mark.time)
    contacts.list_ended()
    words = words_of(line, 1)
    if len(words) >= 6:
        group_id, name = words[4], words[5]
    elif len(words) == 4 and words[2:] == [b"0", b"0"]:
        return  # MSNP7, none
    elif len(words) == 3:
        group_id, name = words[:2]
    elif len(words) == 2:
        group_id, name = _in_order(words)
    else:
        raise MalformedError("no group")
    number, shown = decode_name(group_id).lower(), decode_name(name)
    contacts.learn_group(number, shown)
    _tell(state, line, "listed", shown, number)


def _in_order(words: list[bytes]) -> tuple[bytes, bytes]:
    """Number and name, which change places with MSNP10."""
    first, second = words
    return (second, first) if is_guid(decode_name(second)) else (first, second)


def handler_msn_adg(state: State, line: Frame) -> None:
    """ADG: a new group.

    Client ``ADG tr name 0``, server ``ADG tr serial name id 0`` (MSNP7-9), ``ADG tr name guid 0`` (10-12).
    """
    words = words_of(line, 2)
    if line.from_client:
        number = None
    else:
        if len(words) > 3:
            del words[0]
        number = decode_name(words[1]).lower() if len(words) > 1 else None
    if not words:
        raise MalformedError("no group")
    name = decode_name(words[0])
    if number is not None:
        contacts_of(state, line.mark.time).learn_group(number, name)
    asked(state, line, None, {"action": "added", "group": name})
    if not repeated(state, line, name):
        _tell(state, line, "added", name, number)


def handler_msn_rmg(state: State, line: Frame) -> None:
    """RMG: a group goes.

    Client ``RMG tr id`` (MSNP7-12; MSN 7.0 the name), server ``RMG tr serial id`` (7-9), ``RMG tr 1 guid`` (10-12).
    """
    words = words_of(line, 2)
    if not words:
        raise MalformedError("no group")
    number, name = contacts_of(state, line.mark.time).group(
        decode_name(words[0] if line.from_client else words[-1])
    )
    asked(state, line, None, _details("removed", name, number))
    if not repeated(state, line, (number, name)):
        _tell(state, line, "removed", name, number)


def handler_msn_reg(state: State, line: Frame) -> None:
    """REG: a group gets another name.

    Client ``REG tr id name 0`` (MSNP7-12; MSN 7.0 the old name for the id), server ``REG tr serial id name 0``
    (7-9), ``REG tr guid name 0`` or ``REG tr 1 name guid 0`` (10-12).
    """
    words = words_of(line, 2)
    if len(words) > 3 or (len(words) == 3 and words[2] != b"0"):
        del words[0]
    if len(words) < 2:
        raise MalformedError("no group")
    word, new = words[:2] if line.from_client else _in_order(words[:2])
    contacts = contacts_of(state, line.mark.time)
    number, _old = contacts.group(decode_name(word))
    name = decode_name(new)
    asked(state, line, None, _details("renamed", name, number))
    again = repeated(state, line, name)
    if number is not None:
        contacts.learn_group(number, name)
    if not again:
        _tell(state, line, "renamed", name, number)

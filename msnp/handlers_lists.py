# cython: annotation_typing=False
"""Handlers: the contact list up to MSNP12 (reference 4.3).

Additions (ADD, ADC), removals (REM) and names (REA) are told when the client asks; the server's answer of the same
transaction is no second event, in whatever order the two are seen. A serial number of the list, which servers add
up to MSNP9, says nothing that a record needs.
"""

from msnp.accounts import normalise
from msnp.contact_list import FL, contacts_of, learnt, lists_of, network_details, number_of
from msnp.events import NameChanged
from msnp.frames import Frame, MalformedError
from msnp.handlers_login import account_of
from msnp.handlers_presence import echoed
from msnp.list_changes import Change, action_of, repeated, tell_added, tell_moved, tell_removed
from msnp.list_lines import fields_of, list_of, read_listed, whom, words_of
from msnp.requests import asked
from msnp.state import State
from msnp.text import decode_name

# --- the list as a whole ------------------------------------------------------------------------------------


def handler_msn_syn(state: State, line: Frame) -> None:
    """SYN: the client asks for the list, the server says how much of it follows. Nothing of it is told.

    Client: ``SYN tr serial`` (MSNP2-9), ``SYN tr time time`` or ``SYN tr 0 0`` (10-12). Server: ``SYN tr serial``
    (2-7), ``SYN tr serial contacts groups`` (8-9), ``SYN tr time time contacts groups`` (10-12). As many tokens as
    the client's: what it has is current, and nothing follows. Third parties count oddly, so nobody counts here.
    """
    asked(state, line)
    if not line.from_client:
        contacts_of(state, line.mark.time).list_ended()


def handler_msn_lst(state: State, line: Frame) -> None:
    """LST: one contact of one list (MSNP2-7) or of all (8-12).

    MSNP2-6: ``LST tr FL serial i n account name``; 7: behind it the groups, ``0,1``, on FL only; both: ``LST tr BL
    serial 0 0`` for an empty list. 8-9: ``LST account name bits [groups]``. 10-11: ``LST N=account F=name C=guid
    bits [guids]``, F= and C= only on FL; ``LST N=account F=name bits [groups]`` while not migrated. 12: ``LST
    N=account F=name C=guid bits network [guids]``. Groups stand only with FL. The client's ``LST tr FL`` asks for
    one list.
    """
    if line.from_client:
        asked(state, line, None, {"lists": lists_of(list_of(line.word(2)))})
        return
    contacts = contacts_of(state, line.mark.time)
    contacts.list_ended()
    listed = read_listed(line, state.version)
    if listed is None:
        return
    person = contacts.learn(listed.account, listed.contact_id, listed.bits)
    if not listed.single:
        person.lists = listed.bits
    contacts.begin_listed(listed.account, state)
    details: dict[str, object] = {"action": "listed", "lists": lists_of(listed.bits)}
    if not listed.single:
        details["bits"] = listed.bits
    if listed.groups is not None:
        person.groups = tuple(listed.groups)
        details["groups"] = contacts.group_names(listed.groups)
    details.update(network_details(listed.network))
    state.emit(learnt(line, listed.account, details, listed.name, listed.contact_id))


# --- changes ------------------------------------------------------------------------------------------------


def handler_msn_add(state: State, line: Frame) -> None:
    """ADD: somebody comes on a list (MSNP2-9).

    Client ``ADD tr FL account name [group]``, server ``ADD tr FL serial account name [group]``, the group from
    MSNP7 on; of a contact on FL already, it is put into that group. ``ADD 0 RL serial account name``: they added
    the own account.
    """
    bit = list_of(line.word(2))
    words = words_of(line, 3)
    account = _after_serial(words)
    name = decode_name(words[1]) if len(words) > 1 else None
    group = decode_name(words[2]) if len(words) > 2 and bit == FL else None
    _add(state, line, Change(account, bit, name), group, known=False)


def handler_msn_adc(state: State, line: Frame) -> None:
    """ADC: somebody comes on a list (MSNP10-12).

    Client ``ADC tr FL N=account F=name``, ``ADC tr AL N=account``, ``ADC tr FL C=guid group``: put into a group.
    The server repeats it, with ``C=guid`` for somebody new. ``ADC 0 RL N=account F=name``: they added the own
    account.
    """
    bit = list_of(line.word(2))
    fields, rest = fields_of(words_of(line, 3))
    account, name, contact_id = whom(fields)
    if account is None and contact_id is None:
        raise MalformedError("no account")
    contacts = contacts_of(state, line.mark.time)
    known = account is None
    if contact_id is not None and account is None:
        account = contacts.account(contact_id)
    elif contact_id is not None and account is not None:
        contacts.learn(account, contact_id)
    group = decode_name(rest[0]) if rest and rest[0] and bit == FL else None
    _add(state, line, Change(account, bit, name, contact_id), group, known=known)


def _after_serial(words: list[bytes]) -> str:
    """The account that a serial may stand in front of; nothing in front of it is left in ``words``."""
    if len(words) > 1 and words[0].isdigit():
        del words[0]
    if not words:
        raise MalformedError("no account")
    return account_of(words[0])


def _add(state: State, line: Frame, change: Change, group: str | None, *, known: bool) -> None:
    """An addition; ``known``: it is of somebody who can only be on the list already."""
    contacts = contacts_of(state, line.mark.time)
    person = contacts.person(change.account)
    moved = group is not None and (known or (person is not None and bool(person.lists & FL)))
    action = "moved" if moved else action_of(change.lists, added=True)
    asked(state, line, change.account, change.details(action, change.lists))
    if repeated(state, line, (change.lists, change.who, group)):
        return
    if moved and group is not None:
        tell_moved(state, line, change, group, into=True)
        return
    number, name = (None, None) if group is None else contacts.group(group)
    if group is not None:
        change = change._replace(extra=(("groups", [name or group]),))
    tell_added(state, line, change)
    if change.lists & FL and change.account is not None:
        none = () if line.tokens[0] == b"ADC" else None  # up to MSNP9 it is the one that everybody has
        contacts.learn(change.account).groups = none if group is None else (number or group,)


def handler_msn_rem(state: State, line: Frame) -> None:
    """REM: somebody goes off a list, or out of one group of it.

    MSNP2-9: client ``REM tr FL account [group]``, server ``REM tr FL serial account [group]``, the group from 7 on.
    10-12: both ``REM tr AL account`` and ``REM tr FL guid [group]``. ``REM 0 RL [serial] account``: they removed
    the own account.
    """
    bit = list_of(line.word(2))
    words = words_of(line, 3)
    if len(words) > 1 and words[0].isdigit():
        del words[0]
    if not words:
        raise MalformedError("no account")
    contacts = contacts_of(state, line.mark.time)
    account, contact_id = normalise(words[0]), None
    if account is None:
        contact_id = number_of(words[0])
        account = contacts.account(contact_id)
    group = decode_name(words[1]) if len(words) > 1 and bit == FL else None
    change = Change(account, bit, None, contact_id)
    action = "moved" if group is not None else action_of(bit, added=False)
    asked(state, line, account, change.details(action, bit))
    if repeated(state, line, (bit, change.who, group)):
        return
    if group is None:
        tell_removed(state, line, change)
    else:
        tell_moved(state, line, change, group, into=False)


def handler_msn_rea(state: State, line: Frame) -> None:
    """REA: the own account renames itself, or a contact in its list (MSNP2-9).

    Client ``REA tr account name``, server ``REA tr serial account name``.
    """
    for index in range(2, min(4, len(line.tokens) - 1)):
        if (account := normalise(line.tokens[index])) is not None:
            name = decode_name(line.tokens[index + 1])
            break
    else:
        raise MalformedError("no account")
    own = state.is_own(account)
    asked(state, line, None if own else account, {"action": "renamed", "name": name})
    if echoed(state, line, (account, name)):
        return
    if own:
        state.learn_name(name)
    state.emit(
        NameChanged(mark=line.mark, from_client=line.from_client, account=None if own else account, name=name)
    )


# --- time -----------------------------------------------------------------------------------------------------


def handler_msn_png(state: State, line: Frame) -> None:
    """PNG and QNG: the connection lives (MSNP2-21; ``QNG seconds`` from 9 on). What the list holds may be due."""
    if state.contacts is not None:
        contacts_of(state, line.mark.time)

# cython: annotation_typing=False
"""Changes of the contact list, in the one form in which they are told, whichever version said them (reference 4.3).

To block is to go from the allow list to the block list (MSNP2-12: REM AL, ADD or ADC BL; from MSNP13 on RML
l="2", ADL l="4"), to unblock the way back. The block list alone decides: on it is ``blocked``, off it
``unblocked``. The other half, on or off the allow list, is not told beside it, but alone it is.
"""

from typing import NamedTuple

from msnp.contact_list import (
    AL,
    BL,
    FL,
    MAX_GROUPS_EACH,
    PL,
    RL,
    ContactList,
    Person,
    contacts_of,
    learnt,
    lists_of,
    network_details,
)
from msnp.frames import Frame
from msnp.handlers_presence import echoed
from msnp.state import State


class Change(NamedTuple):
    """Somebody comes on lists, or goes off them."""

    account: str | None
    """None: nobody knows whose number ``contact_id`` is."""
    lists: int
    """Bits."""
    name: str | None = None
    contact_id: str | None = None
    network: int | None = None
    extra: tuple[tuple[str, object], ...] = ()
    """What else the events shall say."""

    @property
    def who(self) -> str:
        """Account, or number."""
        return self.account or self.contact_id or ""

    def details(self, action: str, lists: int) -> dict[str, object]:
        """What an event of it says."""
        return {"action": action, "lists": lists_of(lists), **network_details(self.network), **dict(self.extra)}


def action_of(lists: int, *, added: bool) -> str:
    """What a request to come on these lists, or go off them, means; the block list says more than the others."""
    if lists == BL:
        return "blocked" if added else "unblocked"
    return "added" if added else "removed"


def is_unasked(line: Frame) -> bool:
    """Whether the server says this by itself: transaction 0."""
    return not line.from_client and line.word(1) == b"0"


def repeated(state: State, line: Frame, value: object) -> bool:
    """Whether this only repeats what the other side said in the same transaction."""
    return not is_unasked(line) and echoed(state, line, value)


def tell_added(state: State, line: Frame, change: Change, ordinal: int = 0) -> int:
    """Somebody came on lists; gives the number of events told of this line so far.

    ``ADD 0 RL`` and its later forms: it was they who added the own account.
    """
    contacts = contacts_of(state, line.mark.time)
    before = contacts.person(change.account)
    was_blocked = before is not None and bool(before.lists & BL)
    if change.account is not None:
        contacts.learn(change.account, change.contact_id, change.lists)
    rest = change.lists
    if rest & BL:
        rest &= ~BL
        if not contacts.drop("AL off", change.who):
            contacts.note("blocked", change.who, line.mark.time)
        ordinal = _tell(state, line, change, "blocked", BL, ordinal)
    theirs = rest & (RL | PL) if is_unasked(line) else 0
    if theirs:
        ordinal = _tell(state, line, change, "added", theirs, ordinal, by_contact=True)
        rest &= ~theirs
    if rest & AL:
        contacts.release("AL off", change.who, state.emit)
    if rest == AL and change.lists == AL:
        if contacts.just("unblocked", change.who, line.mark.time):
            return ordinal
        if was_blocked:
            return _hold(state, line, contacts, change, "AL on", "added", ordinal)
    if rest or not change.lists:
        ordinal = _tell(state, line, change, "added", rest, ordinal)
    return ordinal


def tell_removed(state: State, line: Frame, change: Change, ordinal: int = 0) -> int:
    """Somebody went off lists; as :func:`tell_added`."""
    contacts = contacts_of(state, line.mark.time)
    person = contacts.person(change.account)
    if person is not None:
        person.lists &= ~change.lists
        if change.lists & FL:
            person.groups = None
    rest = change.lists
    if rest & BL:
        rest &= ~BL
        if not contacts.drop("AL on", change.who):
            contacts.note("unblocked", change.who, line.mark.time)
        ordinal = _tell(state, line, change, "unblocked", BL, ordinal)
    theirs = rest & RL if is_unasked(line) else 0
    if theirs:
        ordinal = _tell(state, line, change, "removed", theirs, ordinal, by_contact=True)
        rest &= ~theirs
    if rest & AL:
        contacts.release("AL on", change.who, state.emit)
    if rest == AL and change.lists == AL:
        if contacts.just("blocked", change.who, line.mark.time):
            return ordinal
        return _hold(state, line, contacts, change, "AL off", "removed", ordinal)
    if rest or not change.lists:
        ordinal = _tell(state, line, change, "removed", rest, ordinal)
    return ordinal


def tell_moved(state: State, line: Frame, change: Change, group: str, *, into: bool) -> None:
    """Somebody came into a group, or went out of it (MSNP7-12); ``group``: its number, or its name.

    ``groups`` are all that they are in now; absent where that is not known.
    """
    contacts = contacts_of(state, line.mark.time)
    group_id, name = contacts.group(group)
    word = group_id or group
    person = contacts.person(change.account)
    if person is None and change.account is not None:
        person = contacts.learn(change.account, change.contact_id, FL)
    groups = None if person is None else person.groups
    if groups is not None:
        others = tuple(other for other in groups if other != word)
        groups = (*others, word) if into else others
    if person is not None:
        _put(person, groups)
    details = change.details("moved", FL)
    if groups is not None:
        details["groups"] = contacts.group_names(groups)
    details["group_added" if into else "group_removed"] = name or word
    state.emit(learnt(line, change.account, details, change.name, change.contact_id))


def _put(person: Person, groups: tuple[str, ...] | None) -> None:
    if groups is None or len(groups) <= MAX_GROUPS_EACH:
        person.groups = groups


def _tell(  # noqa: PLR0917  # all of one event
    state: State,
    line: Frame,
    change: Change,
    action: str,
    lists: int,
    ordinal: int,
    *,
    by_contact: bool = False,
) -> int:
    details = change.details(action, lists)
    state.emit(learnt(line, change.account, details, change.name, change.contact_id, ordinal, by_contact))
    return ordinal + 1


def _hold(  # noqa: PLR0917  # all of one event, and how it is held
    state: State, line: Frame, contacts: ContactList, change: Change, kind: str, action: str, ordinal: int
) -> int:
    """Half of a block, perhaps: told when the other half does not come."""
    details = change.details(action, change.lists)
    event = learnt(line, change.account, details, change.name, change.contact_id, ordinal)
    contacts.hold(kind, change.who, event, line.word(1), state.emit)
    return ordinal + 1

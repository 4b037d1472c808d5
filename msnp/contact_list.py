# cython: annotation_typing=False
"""What one connection has taught of the contact list (reference 4.3).

From MSNP10 on a client names a contact by a number (``C=guid``) that only the list, or the answer to an addition,
ties to an account; groups have had numbers since MSNP7. Who blocks somebody says it in two commands: off the allow
list, on the block list. The first of two is held for a moment, so that both together are told once, and told alone
if the other does not come. So is the question for somebody's network, whose answer says more.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msnp.events import ContactLearnt, Event, ProfileLearnt
from msnp.frames import Frame, MalformedError
from msnp.limits import SECOND, Recent
from msnp.routing import network_name
from msnp.state import State
from msnp.text import decode_name, decode_word

FL, AL, BL, RL, PL = 1, 2, 4, 8, 16
"""Bits of the lists: forward, allow, block, reverse, pending."""
LISTS = {"FL": FL, "AL": AL, "BL": BL, "RL": RL, "PL": PL}

MAX_CONTACTS = 4096
"""People of one list who are remembered; the servers took 1,000 at most. Beyond, the oldest are forgotten, and
their numbers can no longer be told as accounts."""
MAX_GROUPS = 1024
"""Groups whose names are remembered, and the same as above."""
MAX_WORD = 256
"""Characters of a number or group name that is remembered; longer ones are only handed on."""
MAX_GROUPS_EACH = 32
"""Groups of one contact that are remembered; real lists had up to 30."""
MAX_HELD = 256
"""Events held; beyond, the oldest is told as it is."""
HOLD_TIME = 10 * SECOND
"""How long the other half of a block, or an answer, is waited for."""

_GUID = re.compile(r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?")
_ALMOST_GUID = re.compile(r"\{?[0-9A-Fa-f]{1,16}(?:-[0-9A-Fa-f]{1,16}){1,7}\}?")


class Person:
    """One contact."""

    __slots__ = ("groups", "lists")

    def __init__(self) -> None:
        self.lists = 0
        """Bits."""
        self.groups: tuple[str, ...] | None = None
        """Numbers of the groups; None: not known."""


class ContactList:
    """What is known of the list."""

    def __init__(self) -> None:
        self._accounts: Recent[str, str] = Recent(MAX_CONTACTS)
        self._people: Recent[str, Person] = Recent(MAX_CONTACTS)
        self._groups: Recent[str, str] = Recent(MAX_GROUPS)
        self._held: Recent[tuple[str, str], tuple[Event, bytes]] = Recent(MAX_HELD)
        self._lately: Recent[str, tuple[str, int]] = Recent(MAX_HELD)
        self._listed: tuple[str, object] | None = None

    # --- who is who ---------------------------------------------------------------------------------------

    def learn(self, account: str, contact_id: str | None = None, lists: int = 0) -> Person:
        """Somebody is on these lists beside those that are known; ``contact_id``: the number they go by."""
        person = self._people.get(account)
        if person is None:
            person = Person()
            self._people.remember(account, person)
        person.lists |= lists
        if contact_id is not None and len(contact_id) <= MAX_WORD:
            self._accounts.remember(contact_id, account)
        return person

    def person(self, account: str | None) -> Person | None:
        """What is known of somebody."""
        return None if account is None else self._people.get(account)

    def account(self, contact_id: str) -> str | None:
        """Whose number this is."""
        return self._accounts.get(contact_id)

    # --- groups -------------------------------------------------------------------------------------------

    def learn_group(self, group_id: str, name: str) -> None:
        """A group's number and name."""
        if len(group_id) <= MAX_WORD and len(name) <= MAX_WORD:
            self._groups.remember(group_id, name)

    def group(self, word: str) -> tuple[str | None, str | None]:
        """Number and name of a group that is called by its number, or (by MSN 7.0) by its name."""
        name = self._groups.get(word.lower())
        if name is not None:
            return word.lower(), name
        for group_id, known in self._groups.items():
            if known == word:
                return group_id, known
        return (word.lower(), None) if is_number(word) else (None, word)

    def group_names(self, words: tuple[str, ...] | list[str]) -> list[str]:
        """Groups by their names, or by number where the name is not known."""
        return [self._groups.get(word, word) for word in words]

    # --- the contact of a BPR that names none -------------------------------------------------------------

    def list_ended(self) -> None:
        """What comes next belongs to no LST."""
        self._listed = None

    def begin_listed(self, account: str, state: State) -> None:
        """A LST; the BPR that follow it are of this contact."""
        self._listed = (account, _losses(state))

    def listed(self, state: State) -> str | None:
        """Whom the last LST was of; None where another may have stood between it and here."""
        if self._listed is None or len(state.doubts) >= state.limits.transactions:
            return None
        account, losses = self._listed
        return account if losses == _losses(state) else None

    # --- what is told once --------------------------------------------------------------------------------

    def hold(self, kind: str, who: str, event: Event, transaction: bytes, emit: Callable[[Event], None]) -> None:
        """Tell this later, unless it is dropped until then."""
        self.release(kind, who, emit)
        if len(getattr(event, "name", None) or "") > MAX_WORD * 4:
            emit(event)  # too long a name to be held
            return
        if len(self._held) >= MAX_HELD:
            emit(self._held.popitem(last=False)[1][0])
        self._held.remember((kind, who), (event, transaction))

    def drop(self, kind: str, who: str) -> bool:
        """What is held is told by something else; whether there was any."""
        return self._held.pop((kind, who), None) is not None

    def release(self, kind: str, who: str, emit: Callable[[Event], None]) -> None:
        """Tell it now."""
        held = self._held.pop((kind, who), None)
        if held is not None:
            emit(held[0])

    def note(self, what: str, who: str, time: int) -> None:
        """Somebody was just blocked, or unblocked."""
        self._lately.remember(who, (what, time))

    def just(self, what: str, who: str, time: int) -> bool:
        """Whether they were, and this is the other half of it; it has but one."""
        lately = self._lately.get(who)
        if lately is None or lately[0] != what or not -HOLD_TIME <= time - lately[1] <= HOLD_TIME:
            return False
        del self._lately[who]
        return True

    def settle(self, state: State, now: int | None) -> None:
        """Tell what was held long enough by ``now``; None: all. What the server refused is told as refused."""
        while self._held:
            event, transaction = next(iter(self._held.values()))
            if now is not None and now - event.mark.time <= HOLD_TIME:
                return
            self._held.popitem(last=False)
            if not _is_refused(state, event, transaction):
                state.emit(event)


def contacts_of(state: State, now: int | None = None) -> ContactList:
    """The list of this connection; what it holds is told if that is due by ``now``."""
    contacts: ContactList | None = state.contacts
    if contacts is None:
        contacts = state.contacts = ContactList()
    elif now is not None and contacts._held:
        contacts.settle(state, now)
    return contacts


def flush_contacts(state: State) -> None:
    """The connection ends: tell what is held."""
    if state.contacts is not None:
        state.contacts.settle(state, None)


def _losses(state: State) -> tuple[int, int]:
    """Equal as long as nothing of the server's was lost or unreadable."""
    return len(state.doubts), state.counters["undecoded"]


def _is_refused(state: State, event: Event, transaction: bytes) -> bool:
    """Whether the request was remembered (:func:`msnp.requests.asked`) and has been taken out by its refusal."""
    return event.from_client and (b"", transaction) not in state.requests and _has_room(state)


def _has_room(state: State) -> bool:
    """Nothing was ever forgotten for want of room."""
    return len(state.requests) < state.limits.transactions // 2


# --- words of a line ----------------------------------------------------------------------------------------


def is_number(word: str) -> bool:
    """Whether this is a group's number: digits up to MSNP9, a GUID later."""
    return (word.isascii() and word.isdigit()) or is_guid(word)


def is_guid(word: str) -> bool:
    """Whether this is a GUID, with or without braces."""
    return _GUID.fullmatch(word) is not None


def number_of(token: bytes) -> str:
    """The number that stands for a contact: a GUID, or what looks like a short one."""
    word = decode_word(token)
    if _ALMOST_GUID.fullmatch(word) is None:
        raise MalformedError("no account")
    return word.lower()


def groups_in(token: bytes) -> list[str]:
    """``0,1`` or ``guid,guid``: numbers of groups."""
    words = token.split(b",", MAX_GROUPS_EACH)[:MAX_GROUPS_EACH]
    return [decode_name(word[:MAX_WORD]).lower() for word in words if word]


def lists_of(bits: int) -> list[str]:
    """``FL AL …``"""
    return [name for name, bit in LISTS.items() if bits & bit]


def network_details(network: int | None) -> dict[str, object]:
    """A network as records say it."""
    if network is None:
        return {}
    name = network_name(network)
    return {"network": network} if name is None else {"network": network, "network_name": name}


# --- events -------------------------------------------------------------------------------------------------


def learnt(  # noqa: PLR0917  # what every event of a contact has
    line: Frame,
    account: str | None,
    details: dict[str, object],
    name: str | None = None,
    contact_id: str | None = None,
    ordinal: int = 0,
    by_contact: bool = False,
) -> Event:
    """An event of a contact; of the own list where nobody knows whose number ``contact_id`` is."""
    if name:
        details["name"] = name
    if contact_id is not None:
        details["contact_id"] = contact_id
    if account is None:
        return ProfileLearnt(mark=line.mark, from_client=line.from_client, ordinal=ordinal, details=details)
    return ContactLearnt(
        mark=line.mark,
        from_client=line.from_client,
        ordinal=ordinal,
        account=account,
        name=name or None,
        by_contact=by_contact,
        details=details,
    )

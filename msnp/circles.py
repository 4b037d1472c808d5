"""Circles and temporary groups: who is in them, who comes and goes (reference 8.1).

A circle (MSNP18 on, ``9:guid@live.com``) lasts; a temporary group (MSNP21, ``10:guid@live.com``) is made by a PUT
to the address of zeros, whose answer comes from the real one. Rosters come as ``application/circles+xml`` or
``application/multiparty+xml`` in PUT and NFY PUT; who leaves is named by the ``Uri`` of a DEL or NFY DEL. In the
roster ``IM`` stand those who take part; other rosters only list members.

Each group is a conversation of its own (:class:`msnp.threads.Thread`, its key the group's address). Where it is
used before its roster was seen, that is said (:class:`~msnp.events.RosterUnsure`).
"""

import re
from collections.abc import Iterable

from msnp.events import Called, Entered, Joined, Left, Present, ProfileLearnt, RosterUnsure
from msnp.frames import Frame
from msnp.limits import Recent
from msnp.markup import Element, parse_markup
from msnp.routing import Routed, parse_address
from msnp.state import State
from msnp.threads import Thread

MAX_GROUPS = 1024
"""Groups of one connection whose rosters are remembered; beyond, the oldest is forgotten, and is unsure again."""
MAX_MEMBERS = 16 * 1024
"""People in all groups of one connection; beyond, who comes is not told. Circles have 1,000 at most, mostly few."""
MAX_INVITED = 64
"""People whom one PUT asks in and who are told; clients ask one at a time."""
MAX_PEOPLE = 1024
"""People of one connection whose names and states are remembered; beyond, the oldest is forgotten."""
MAX_NAME = 1024
"""Characters of a name that is remembered; clients allow 129. Longer ones are only handed on."""
CONTENT_TYPES = {"application/circles+xml", "application/multiparty+xml"}

_ZEROS = re.compile(r"[0-]{36}@live\.com")
_USER = re.compile(r"/user\(([^)]{1,512})\)", re.IGNORECASE)
_Request = tuple[str | None, tuple[str, ...]]
"""Of the own account's PUT: the group, None for one to be made, and whom it puts into the roster."""


class Group:
    """What is known of one."""

    __slots__ = ("doubts", "entered", "known", "name", "people", "unsure")

    def __init__(self, doubts: int) -> None:
        self.doubts = doubts
        """Losses of the connection's up to here."""
        self.people: dict[str, None] = {}
        """Who takes part, beside the own account."""
        self.known = False
        """Its whole roster was seen."""
        self.unsure = False
        """That it was not was told."""
        self.entered = False
        self.name: str | None = None


class Multiparty:
    """What one connection knows of groups, and of people whose names are told apart from what they say."""

    __slots__ = ("groups", "members", "names", "peers", "states")

    def __init__(self) -> None:
        self.members = 0
        """In all groups."""
        self.groups: Recent[str, Group] = Recent(MAX_GROUPS)
        self.names: Recent[str, str] = Recent(MAX_PEOPLE)
        self.states: Recent[str, object] = Recent(MAX_PEOPLE)
        self.peers: frozenset[str] | None = None
        """While the own account is unknown: one of these it must be, as everything came to it or from it."""


def multiparty_of(state: State) -> Multiparty:
    """The connection's, made when it is first asked for."""
    if state.multiparty is None:
        state.multiparty = Multiparty()
    known: Multiparty = state.multiparty
    return known


def shown_name(state: State, account: str) -> str | None:
    """The display name of somebody, as their presence last said; the own one too."""
    if account == state.account:
        return state.own_name()
    known: Multiparty | None = state.multiparty
    return None if known is None else known.names.get(account)


def note_name(state: State, account: str, name: str) -> None:
    """Somebody's presence said their display name."""
    names = multiparty_of(state).names
    if len(name) <= MAX_NAME:
        names.remember(account, name)
    else:
        names.pop(account, None)


def group_thread(state: State, line: Frame, group: str) -> Thread:
    """The conversation in ``group``; that its roster is not known is told once, and again after each loss."""
    known = _group(state, group)
    mark = None
    if not known.known and not known.unsure:
        mark = line.mark
    elif len(state.doubts) > known.doubts:  # octets of the server's were lost: somebody may have come or gone
        mark = state.doubts[known.doubts]
    if mark is not None:
        known.unsure = True
        state.emit(RosterUnsure(mark=mark, from_client=False, thread=_thread(group, known)))
    known.doubts = len(state.doubts)
    return _thread(group, known)


def _group(state: State, group: str) -> Group:
    multiparty = multiparty_of(state)
    known = multiparty.groups.get(group)
    if known is None:
        if len(multiparty.groups) >= MAX_GROUPS:
            _, oldest = multiparty.groups.popitem(last=False)
            multiparty.members -= len(oldest.people)
        known = Group(len(state.doubts))
        multiparty.groups.remember(group, known)
    return known


def _forget(state: State, known: Group, account: str) -> None:
    """Somebody is no longer in it."""
    if account in known.people:
        del known.people[account]
        multiparty_of(state).members -= 1


def _thread(group: str, known: Group) -> Thread:
    return Thread(group, tuple(known.people))


# --- rosters ------------------------------------------------------------------------------------------------


def handle_roster(state: State, line: Frame, routed: Routed) -> None:
    """``NFY PUT`` of the server: the whole roster (``NotifType: Full``), or who came in."""
    group = routed.group
    if group is None:
        state.counters["content group without address"] += 1
        return
    root = routed.markup()
    known = _group(state, group)
    full = routed.headers.get("notiftype", "").lower() == "full" and not routed.content.missing
    _tell_props(state, line, group, known, root)
    rosters = _rosters(root)
    if routed.content.missing:
        known.known = known.unsure = False
    if not rosters:
        return
    people = dict.fromkeys(account for roster in rosters for account in _users(roster))
    if full:
        known.doubts = len(state.doubts)
    first = full and not known.known
    known.known = known.known or full
    ordinal = 1
    for account in sorted(people, key=state.is_own):  # who was there is told ahead of the own coming
        _come(state, line, group, account, Present if first else Joined, ordinal)
        ordinal += 1
    if full:
        for account in [account for account in known.people if account not in people]:
            _forget(state, known, account)
            state.emit(
                Left(
                    mark=line.mark,
                    from_client=False,
                    ordinal=ordinal,
                    account=account,
                    inferred=True,
                    thread=_thread(group, known),
                )
            )
            ordinal += 1


def _come(  # noqa: PLR0917  # whoever it is, and how it was told
    state: State, line: Frame, group: str, account: str, kind: type[Present] | type[Joined], ordinal: int
) -> None:
    """Somebody is in the group now, or (``kind`` Present) was there already: told once."""
    known = _group(state, group)
    thread = _thread(group, known)
    if state.is_own(account):
        if known.entered:
            return
        known.entered = True
        if kind is Joined:
            state.emit(Entered(mark=line.mark, from_client=line.from_client, ordinal=ordinal, thread=thread))
        else:  # when it came in was not seen
            state.emit(
                Present(
                    mark=line.mark, from_client=line.from_client, ordinal=ordinal, account=account, thread=thread
                )
            )
        return
    multiparty = multiparty_of(state)
    full = len(known.people) >= state.limits.roster or multiparty.members >= MAX_MEMBERS
    if account in known.people or full:
        return
    known.people[account] = None
    multiparty.members += 1
    name = shown_name(state, account)
    state.emit(
        kind(
            mark=line.mark, from_client=line.from_client, ordinal=ordinal, account=account, name=name, thread=thread
        )
    )


def _rosters(root: Element) -> list[Element]:
    """Those of who takes part; other rosters list members, of whom nothing says that they are there."""
    found = []
    for roster in root.every("roster"):
        named = [child.text.strip().lower() for child in roster.children if child.name == "id"]
        if not named or named[0] == "im":
            found.append(roster)
    return found


def _users(roster: Element) -> list[str]:
    found: dict[str, None] = {}
    for user in roster.children:
        if user.name == "user" and (address := parse_address(user.value("id") or "")) is not None:
            found[address.account] = None
    return list(found)


def _tell_props(state: State, line: Frame, group: str, known: Group, root: Element) -> None:
    """The group's own name, where it is told and new."""
    props = root.first("props")
    if props is None:
        return
    name = props.value("mfn")
    if name is None and (presence := props.value("presence")) is not None:
        name = parse_markup(presence.encode()).value("mfn")  # XML in XML
    if name is not None and name != known.name:
        known.name = name if len(name) <= MAX_NAME else None
        state.emit(
            ProfileLearnt(
                mark=line.mark, from_client=line.from_client, details={"circle": name, "circle_id": group}
            )
        )


# --- the own account's requests -----------------------------------------------------------------------------


def handle_own_put(state: State, line: Frame, routed: Routed) -> None:
    """``PUT tr n`` into a group: the own account goes in, asks somebody in, or (to zeros) makes a group."""
    group = routed.group
    rosters = _rosters(routed.markup())
    people = tuple([account for roster in rosters for account in _users(roster)][:MAX_INVITED])
    made = group is None or _ZEROS.fullmatch(group) is not None
    request: _Request = (None if made else group, people)
    state.requests.remember((b"PUT", line.word(1)), request)


def handle_put_answer(state: State, line: Frame, routed: Routed | None) -> None:
    """``PUT tr OK n``: what was asked for holds; a new group is named by ``From`` (MSNP21)."""
    request = state.requests.pop((b"PUT", line.word(1)), None)
    group = None
    if routed is not None and routed.sender is not None and routed.sender.person is None:
        group = routed.sender.account
    people: Iterable[str] = ()
    if isinstance(request, tuple) and len(request) == 2:
        group, people = request[0] or group, request[1]
    if group is None:
        return
    known = _group(state, group)
    own = state.account or state.claimed
    if isinstance(request, tuple) and request[0] is None:  # who makes a group is in it, and nobody else yet
        known.known = True
        people = (own, *people) if own is not None else people
    called = []
    for account in dict.fromkeys(people):
        if state.is_own(account):
            _come(state, line, group, account, Joined, 1)
        else:
            called.append(account)
    for ordinal, account in enumerate(called, 2):
        thread = _thread(group, known)
        state.emit(Called(mark=line.mark, from_client=False, ordinal=ordinal, account=account, thread=thread))


def handle_leave(state: State, line: Frame, routed: Routed) -> bool:
    """``DEL`` or ``NFY DEL`` of somebody in a group's roster; False where it is about no group."""
    group = routed.group
    if group is None:
        return False
    found = _USER.search(routed.headers.get("uri", ""))
    address = parse_address(found[1]) if found is not None else None
    if address is None and not line.from_client:  # of a group itself, or somebody's presence by way of it
        return routed.sender is None or routed.sender.person is None
    known = _group(state, group)
    account = address.account if address is not None and not state.is_own(address.account) else None
    if account is None:
        known.entered = False
    else:
        _forget(state, known, account)
    thread = _thread(group, known)
    state.emit(Left(mark=line.mark, from_client=line.from_client, account=account, thread=thread))
    return True

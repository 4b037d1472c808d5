"""What the sessions of one run know of each other.

Four things that no single connection says are found by holding several together (reference 2.3, 2.4):

1. A cookie that a notification server handed out (XFR, RNG) and a switchboard connection uses (USR, ANS) ties the
   two connections to one account, whichever of them names it.
2. Where only servers are heard, an ``ANS … OK`` names nobody. But the account that was just rung from the client's
   host to this switchboard, by somebody who is in the conversation, is the one that answers, if it is the only one.
3. Without that RNG, the others' JOI tells: who joined them in the same moment, and found exactly those people.
4. Where only clients are heard, CAL and the ANS of the person called, and equal session ids, tell who is together.
   Across connections a capture may hold the two in either order.

Every conclusion is marked ``inferred`` on its event, and none is drawn where two answers are possible. The tables
are bounded and forget by capture time.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from msnp.limits import Limits, Recent
from msnp.rendezvous import Rendezvous

if TYPE_CHECKING:
    from msnp.events import Mark, Rung
    from msnp.state import State

K = TypeVar("K")
T = TypeVar("T")
_LONGEST_NAME = 1024
"""Characters of a display name that is remembered; clients allow 129."""
_PER_KEY = 256
"""Entries of one table that share a key (one host's rings, one server's joins)."""


@dataclass(slots=True, eq=False)
class _Ring:
    """An RNG on a notification connection."""

    time: int
    state: State
    inviter: str
    session_id: str
    used: bool = False


@dataclass(slots=True, eq=False)
class _Offer:
    """A cookie that waits to be used."""

    time: int
    state: State
    ring: _Ring | None


@dataclass(slots=True, eq=False)
class _Answer:
    """An ANS OK, and who was there (IRO)."""

    mark: Mark
    state: State
    found: frozenset[str]


@dataclass(slots=True, eq=False)
class _Join:
    """A JOI that another connection saw; ``before`` is its roster before, without itself."""

    time: int
    witness: State
    account: str
    before: frozenset[str]


@dataclass(slots=True, eq=False)
class _Call:
    """A CAL on a connection of which only the client is heard."""

    time: int
    state: State


@dataclass(slots=True, eq=False)
class _Meeting:
    """An ANS on a connection of which only the client is heard, and whose caller was not found."""

    mark: Mark
    state: State


def _host(endpoint: str) -> str:
    return endpoint.rpartition(":")[0]


class Links:
    """Shared by all sessions of one run."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        size = self._limits.links
        self.due = 0
        """When :meth:`settle` has something to do; 0 = not."""
        self.rendezvous = Rendezvous()
        """Which further connections they agreed on."""
        self._names: Recent[str, str] = Recent(size)
        self._offers: Recent[str, _Offer] = Recent(size)
        self._rings: Recent[tuple[str, str], deque[_Ring]] = Recent(size)
        self._answers: Recent[str, deque[_Answer]] = Recent(size)
        self._joins: Recent[str, deque[_Join]] = Recent(size)
        self._waiting: Recent[State, _Answer] = Recent(size)
        self._groups: Recent[tuple[str, str], list[State]] = Recent(size)
        self._calls: Recent[tuple[str, str], deque[_Call]] = Recent(size)
        self._meetings: Recent[tuple[str, str], deque[_Meeting]] = Recent(size)

    # --- names --------------------------------------------------------------------------------------------

    def name(self, account: str) -> str | None:
        """The display name that this account's own connection last gave."""
        return self._names.get(account)

    def named(self, account: str, name: str) -> None:
        """The account's own connection gave its display name."""
        if len(name) <= _LONGEST_NAME:
            self._names.remember(account, name)
        else:
            self._names.pop(account, None)

    # --- 1. cookies ---------------------------------------------------------------------------------------

    def offered(self, state: State, cookie: str, time: int) -> None:
        """A notification server handed ``state``'s client a cookie for a new conversation (XFR)."""
        self._offers.remember(cookie, _Offer(time, state, None))

    def rung(self, state: State, ring: Rung, cookie: str) -> None:
        """``state``'s client was invited (RNG)."""
        record = _Ring(ring.mark.time, state, ring.inviter, ring.session_id)
        self._offers.remember(cookie, _Offer(ring.mark.time, state, record))
        _put(self._rings, (_host(state.client), ring.server), record)

    def used(self, cookie: str, account: str, mark: Mark) -> None:
        """A switchboard connection of ``account`` uses a cookie, so the one that it was handed on is the same's."""
        offer = self._offers.pop(cookie, None)
        if offer is None or not 0 <= mark.time - offer.time <= self._limits.cookie_life:
            return
        if offer.ring is not None:
            offer.ring.used = True
        offer.state.learn_account(account, "cookie", mark, from_client=True, inferred=True)

    # --- 2. and 3. only servers are heard -----------------------------------------------------------------

    def answered(self, state: State, mark: Mark) -> None:
        """``ANS … OK`` was seen; the account may be unknown."""
        if state.account is None:
            self._conclude_from_rings(state, mark)
        answer = _Answer(mark, state, frozenset(state.roster))
        _put(self._answers, state.server, answer)
        if state.account is None:
            self._waiting.remember(state, answer)
            self.due = self.due or mark.time + self._limits.join_window

    def _conclude_from_rings(self, state: State, mark: Mark) -> None:
        rings = [
            ring
            for ring in self._rings.get((_host(state.client), state.server), ())
            if not ring.used
            and 0 <= mark.time - ring.time <= self._limits.cookie_life
            and ring.inviter in state.roster
        ]
        accounts = {ring.state.account for ring in rings}
        if len(accounts) != 1 or (account := accounts.pop()) is None:
            return
        state.learn_account(account, "RNG", mark, from_client=False, inferred=True)
        if len({ring.session_id for ring in rings}) == 1:
            state.learn_conversation(rings[0].session_id, mark, from_client=False, inferred=True)
            for ring in rings:
                ring.used = True

    def joined(self, state: State, account: str, before: frozenset[str], time: int) -> None:
        """``state`` saw somebody join those who were there before."""
        _put(self._joins, state.server, _Join(time, state, account, before))

    def settle(self, now: int) -> None:
        """Conclude for those whose JOI can no longer come; to be called when ``due`` has passed."""
        self.due = 0
        while self._waiting:
            answer = next(iter(self._waiting.values()))
            if now - answer.mark.time <= self._limits.join_window:
                self.due = answer.mark.time + self._limits.join_window
                return
            del self._waiting[answer.state]
            self._conclude_from_joins(answer)

    def _conclude_from_joins(self, answer: _Answer) -> None:
        state = answer.state
        if state.account is not None:
            return
        joins = [
            join
            for join in self._joins.get(state.server, ())
            if abs(join.time - answer.mark.time) <= self._limits.join_window
            and join.witness is not state
            and join.witness.account is not None
            and join.before | {join.witness.account} == answer.found
        ]
        accounts = {join.account for join in joins}
        if len(accounts) != 1:
            return
        account = accounts.pop()
        for other in self._answers.get(state.server, ()):
            if (
                other.state is not state
                and other.found == answer.found
                and other.state.account in (None, account)
                and any(abs(join.time - other.mark.time) <= self._limits.join_window for join in joins)
            ):
                return  # that JOI may be theirs
        state.learn_account(account, "JOI", answer.mark, from_client=False, inferred=True)
        sessions = {join.witness.session_id for join in joins} - {None}
        if len(sessions) == 1 and (session_id := sessions.pop()) is not None:
            state.learn_conversation(session_id, answer.mark, from_client=False, inferred=True)

    # --- 4. only clients are heard ------------------------------------------------------------------------

    def called(self, state: State, account: str, mark: Mark) -> None:
        """The client of ``state``, whose server is not heard, invited somebody."""
        _put(self._calls, (state.server, account), _Call(mark.time, state))
        self._look_back(state, account, mark.time - self._limits.join_window)

    def spoke(self, state: State, account: str) -> None:
        """The client of ``state``, whose server is not heard, goes on to speak to the only one it invited.

        So that one has answered. Earlier, an ANS from before the CAL may well belong to a call that is not seen,
        and the right one be still to come.
        """
        self._look_back(state, account, None)

    def _look_back(self, state: State, account: str, since: int | None) -> None:
        """Find the ANS that the capture holds in front of its CAL."""
        found = [
            (answer, callers)
            for answer in self._meetings.get((state.server, account), ())
            if answer.state.alone
            and (group := self._group_of(answer.state)) is not None
            and group == [answer.state]
            and state in (callers := self._callers(answer.state, account, answer.mark.time))
        ]
        if len(found) != 1:
            return
        answer, callers = found[0]
        group = self._group_of(answer.state)
        if group is None or callers != {state} or (since is not None and answer.mark.time < since):
            return
        other = answer.state
        self._meet(state, other, group, answer.mark)
        state.peer_joined(account, answer.mark)
        if other.entered and state.account is not None:
            other.peer_joined(state.account, answer.mark)
        elif state.account is not None:
            other.found_there.append(state.account)

    def rang(self, state: State, mark: Mark) -> None:
        """``state``, which opened a conversation, learnt its session id (CAL RINGING)."""
        if state.account is None or state.session_id is None:
            return
        group = self._group(state, state.session_id)
        if state not in group:
            self._add(group, state, mark)

    def met(self, state: State, mark: Mark) -> None:
        """``state`` entered a conversation by account and session id (ANS)."""
        account, session_id = state.account, state.session_id
        if account is None or session_id is None:
            return
        group = self._group(state, session_id)
        if state in group:
            return
        callers = self._callers(state, account, mark.time)
        if len(callers) == 1 and not any(member.account in _accounts(callers) for member in group):
            self._meet(callers.pop(), state, group, mark)
        elif not group and not callers:
            _put(self._meetings, (state.server, account), _Meeting(mark, state))
        state.found_there = [member.account for member in group if member.account is not None]
        self._add(group, state, mark)

    def _callers(self, state: State, account: str, time: int) -> set[State]:
        """Who may have called ``state``, which answers at ``time``."""
        return {
            call.state
            for call in self._calls.get((state.server, account), ())
            if abs(time - call.time) <= self._limits.call_life
            and call.state is not state
            and call.state.alone
            and call.state.session_id is None
        }

    def _meet(self, caller: State, state: State, group: list[State], mark: Mark) -> None:
        """``caller`` called whoever entered by ``state``'s ANS at ``mark``."""
        if state.account is None or state.session_id is None:
            return
        self._calls.pop((state.server, state.account), None)
        self._meetings.pop((state.server, state.account), None)
        caller.learn_conversation(state.session_id, mark, from_client=True, inferred=True)
        group.append(caller)
        caller.prove_alone(mark)

    def _add(self, group: list[State], state: State, mark: Mark) -> None:
        if state.account is None or len(group) >= self._limits.roster:
            return
        for member in list(group):
            member.peer_joined(state.account, mark)
        group.append(state)

    def parted(self, state: State, mark: Mark | None) -> None:
        """``state``'s account left its conversation at ``mark``; None: it is only followed no longer."""
        if (answer := self._waiting.pop(state, None)) is not None:
            self._conclude_from_joins(answer)
        group = self._group_of(state)
        if group is None or state not in group:
            return
        group.remove(state)
        if not group:
            self._groups.pop((state.server, state.session_id or ""), None)
        if state.account is not None and mark is not None:
            for member in list(group):
                member.peer_left(state.account, mark)

    def _group_of(self, state: State) -> list[State] | None:
        return None if state.session_id is None else self._groups.get((state.server, state.session_id))

    def _group(self, state: State, session_id: str) -> list[State]:
        key = (state.server, session_id)
        group = self._groups.get(key)
        if group is None:
            group = []
            self._groups.remember(key, group)
        return group


def _accounts(states: set[State]) -> set[str | None]:
    return {state.account for state in states}


def _put(table: Recent[K, deque[T]], key: K, entry: T) -> None:
    entries = table.get(key)
    if entries is None:
        entries = deque(maxlen=_PER_KEY)
        table.remember(key, entries)
    entries.append(entry)

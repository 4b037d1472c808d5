"""Stays of accounts as intervals, checked against a naive model."""

from hypothesis import given
from hypothesis import strategies as st

from rcds_sniffer.records.roster import MAX_ACCOUNTS, MAX_STAYS, Roster

MOVES = st.lists(st.tuples(st.booleans(), st.integers(1, 5)), max_size=12)


@given(MOVES)
def test_moves_in_order_of_time_are_as_in_a_naive_model(moves: list[tuple[bool, int]]) -> None:
    roster, time, there, changes = Roster(), 0, False, []
    for comes, pause in moves:
        time += 2 * pause
        (roster.enter if comes else roster.leave)("a", time)
        if comes != there:
            there = comes
            changes.append((time, there))
    for moment in range(1, time + 3, 2):  # between the moves, which stand at even times
        state = False
        for changed, now in changes:
            if changed <= moment:
                state = now
        assert roster.holds("a", moment) is state
        assert roster.present(moment) == ({"a"} if state else set())


def test_late_copy_of_an_old_leave_does_not_end_the_new_stay() -> None:
    roster = Roster()
    roster.enter("a", 10)
    roster.leave("a", 20)
    roster.enter("a", 30)
    roster.leave("a", 20)
    assert roster.holds("a", 40)


def test_late_copy_of_an_old_join_does_not_stretch_the_new_stay() -> None:
    roster = Roster()
    roster.enter("a", 10)
    roster.leave("a", 20)
    roster.enter("a", 30)
    roster.enter("a", 11)
    assert not roster.holds("a", 25)


def test_earlier_evidence_of_one_stay_counts() -> None:
    roster = Roster()
    roster.enter("a", 30)
    roster.enter("a", 10)
    assert roster.holds("a", 20)


def test_limits_hold() -> None:
    roster = Roster()
    for time in range(0, 100 * MAX_STAYS, 2):
        roster.enter("a", time)
        roster.leave("a", time + 1)
    assert len(list(roster)) == MAX_STAYS
    for number in range(2 * MAX_ACCOUNTS):
        roster.enter(f"a{number}", 1)
    assert len({account for account, _, _ in roster}) == MAX_ACCOUNTS

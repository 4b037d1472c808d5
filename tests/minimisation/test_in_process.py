"""No order in force, no octet stored: random traffic, random orders, random changes, judged by the law's own model.

``tools/prove-minimisation`` does the same for an hour, from a random seed, which it prints.
"""

import os

import pytest

from .law import Law
from .papers import Decision, File, Named, Paper
from .town import CLEAN, DAMAGED, town
from .trial import Trial, faults, run, trials

TOWNS = range(int(os.environ.get("RCDS_TOWNS", "72")))
"""Of each six trials: some 430, which take about a minute on an idle machine."""
BEGIN = 1_000_000_000_000_000_000


@pytest.mark.parametrize("seed", TOWNS)
def test_what_is_stored_is_what_orders_in_force_let_be_stored(seed: int) -> None:
    for trial in trials(seed):
        wrong = [fault for fault in faults(trial) if not fault.startswith("in doubt")]
        assert not wrong, f"{trial}\n" + "\n".join(wrong)


@pytest.mark.parametrize("nasty", [*CLEAN, *DAMAGED])
def test_without_an_order_in_force_nothing_is_stored(nasty: str, tmp_path) -> None:
    made = town(1, nasty=nasty)
    law = Law(made)
    someone = Named(account=made.circles[0].world.accounts[0].address)
    past, future = made.frames[0].time - 1, made.frames[-1].time + 1
    for name, papers in (
        ("none", []),
        ("over", [Paper("L-1", (someone,), 0, made.frames[0].time, True)]),
        ("of the past", [Paper("L-1", (someone,), 0, past, True)]),
        ("not begun", [Paper("L-1", (someone,), future, future + 1, True)]),
        ("of somebody else", [Paper("L-1", (Named(account="nobody@example.org"),), 0, future, True)]),
        ("on another protocol", [Paper("L-1", (Named(account=someone.account, protocol="irc"),), 0, future, True)]),
    ):
        folder = tmp_path / name
        folder.mkdir()
        orders = [File(paper.liid, (Decision(-1, paper),)) for paper in papers]
        assert not run(Trial(name, made, law, orders, False), folder)
        assert not [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]


def test_the_trials_try_something() -> None:
    """The model itself: it lets orders hold much, makes them hold much, and forbids much."""
    may = must = forbidden = 0
    for seed in range(6):
        for trial in trials(seed):
            for allowed, due in trial.verdicts().values():
                assert not trial.town.clean or due <= allowed
                may, must = may + len(allowed), must + len(due)
                forbidden += len(trial.town.kinds) - len(allowed)
    assert min(may // 3, must, forbidden // 10) > 100


@pytest.mark.parametrize("leak", ["before", "after", "of others", "content"])
def test_a_leak_is_found(leak: str, monkeypatch) -> None:
    """A recorder that is too generous by little is told from one that is not."""
    from rcds_sniffer.orders.in_force import Rule  # noqa: PLC0415 - to be spoiled here alone

    settle = Rule.settle

    def spoiled(rule: Rule) -> None:
        second = 1_000_000_000
        if leak == "before":
            rule.valid_from -= second
        elif leak == "after":
            rule.valid_to += second
        elif leak == "content":
            rule.content = True
        settle(rule)

    monkeypatch.setattr(Rule, "settle", spoiled)
    if leak == "of others":
        monkeypatch.setattr(Rule, "holds", lambda rule, time, *_: rule.since <= time < rule.until)
    assert any(faults(trial) for seed in range(40) for trial in trials(seed))


def test_law_judges_to_the_nanosecond() -> None:
    order = File("L-1", (Decision(-1, Paper("L-1", (Named(account="a@b.c"),), BEGIN, BEGIN + 10, True)),))
    covered = [order.covers("a@b.c", None, BEGIN + at, content=True) for at in (-1, 0, 9, 10)]
    assert covered == [False, True, True, False]
    assert order.covers_all("a@b.c", None, BEGIN, BEGIN + 9, content=True)
    assert not order.covers_all("a@b.c", None, BEGIN, BEGIN + 10, content=True)


def test_law_takes_a_decision_behind_the_packet_that_passed() -> None:
    paper = Paper("L-1", (Named(account="a@b.c"),), 0, 1 << 62, False)
    order = File("L-1", (Decision(-1, None), Decision(100, paper), Decision(200, None)))
    covered = [order.covers("a@b.c", None, time, content=False) for time in (100, 101, 200, 201)]
    assert covered == [False, True, True, False]
    assert not order.covers("a@b.c", None, 150, content=True)

"""The table of `cases`, over every engine; and what must hold of the events of every case."""

import pytest

from reassembly.events import StreamData, StreamEnd, StreamEvent
from tests.reassembly.cases import CASES, Brief, Case
from tests.reassembly.conftest import Run
from tests.reassembly.crafting import Talk, brief, lined_up
from tests.reassembly.libnids_cannot import CANNOT


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_case(case: Case, engine_name: str, run: Run) -> None:
    steps, expected = case.dialogue(Talk())
    judge(case, engine_name, run(lined_up(steps)), expected)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_octets_name_their_packet(case: Case, run: Run) -> None:
    steps, _ = case.dialogue(Talk())
    packets = lined_up(steps)
    for event in run(packets):
        packet = packets[event.packet - 1]
        assert event.source == packet.source
        if isinstance(event, StreamData):
            assert event.time == packet.time
            assert event.octets in packet.octets


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_flows_end_once_and_say_nothing_after(case: Case, run: Run) -> None:
    steps, _ = case.dialogue(Talk())
    ended: list[int] = []
    heard: set[int] = set()
    for event in run(lined_up(steps)):
        assert id(event.flow) not in ended
        heard.add(id(event.flow))
        if isinstance(event, StreamEnd):
            ended.append(id(event.flow))
    assert heard == set(ended)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_two_runs_give_equal_events(case: Case, run: Run) -> None:
    steps, _ = case.dialogue(Talk())
    packets = lined_up(steps)

    def told(event: object) -> str:
        return repr(event)

    assert list(map(told, run(packets))) == list(map(told, run(packets)))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_wrap_changes_nothing(case: Case, engine_name: str, run: Run) -> None:
    """The same dialogue with sequence numbers that wrap in the middle of it."""
    steps, expected = case.dialogue(Talk(client_isn=0xFFFFFFFF - 4, server_isn=0xFFFFFFFF - 1))
    if (
        any("Talk(" in name for name in case.dialogue.__code__.co_names)
        or "Talk" in case.dialogue.__code__.co_names
    ):
        pytest.skip("speaks of more than one connection, with numbers of its own")
    judge(case, engine_name, run(lined_up(steps)), expected)


def judge(case: Case, engine_name: str, events: list[StreamEvent], expected: Brief) -> None:
    """The expected events; of libnids also that it cannot give them where the table says so."""
    if engine_name == "libnids" and case.name in CANNOT:
        assert [brief(event) for event in events] != expected, f"libnids can, though it {CANNOT[case.name]}"
    else:
        assert [brief(event) for event in events] == expected


def test_what_libnids_cannot_is_about_cases_that_exist() -> None:
    assert set(CANNOT) <= {case.name for case in CASES}

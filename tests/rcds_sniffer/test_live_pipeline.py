"""A line as it happens: records leave while it goes on, also while it is idle, also where its clock is set."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from capture.packet import Packet
from capture.source import Counters
from rcds_sniffer.events import Event
from rcds_sniffer.orders import Everybody
from rcds_sniffer.pipeline import Outcome, Pipeline
from rcds_sniffer.protocols.msn import PROTOCOL, MsnDecoder, MsnProtocol
from rcds_sniffer.records.record import CommunicationRecord
from reassembly.events import Flow, StreamData, StreamEnd, StreamEvent
from reassembly.native import NativeEngine
from tests.simulator.cases import CASES
from tests.simulator.packets import Frame
from tests.truth import PORTS, Kept

SECOND = 1_000_000_000
TENTH = SECOND // 10
HOUR = 3_600 * SECOND


class Line:
    """A live source: packets at their time, idle between them and at the end; a clock that may be set."""

    name = "eth9"
    reader = "test"
    link_types = (1,)
    truncations = ()

    def __init__(self, frames: Sequence[Frame], idle: int = 0, step_at: int = -1, step: int = 0) -> None:
        self.counters = Counters()
        self.clock: int | None = None
        self._frames = frames
        self._idle = idle
        self._step_at = step_at
        self._step = step

    def batches(self) -> Iterator[list[Packet]]:
        stepped = 0
        for number, frame in enumerate(self._frames, 1):
            if number == self._step_at:
                stepped = self._step
                self.counters.clock_steps += 1
                self.counters.clock_stepped += stepped
            else:
                yield from self._idle_until(frame.time + stepped)
            self.counters.received += 1
            self.clock = frame.time + stepped
            yield [Packet(self.clock, frame.octets, None, 1, number, self.name)]
        yield from self._idle_until((self.clock or 0) + self._idle * SECOND)

    def _idle_until(self, time: int) -> Iterator[list[Packet]]:
        while self.clock is not None and self.clock + TENTH < time:
            self.clock += TENTH
            yield []


class Screen(Kept):
    """Notes when each record came."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.line = line
        self.came: list[int] = []

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        super().write(records)
        self.came += [self.line.clock or 0] * len(records)


def pipeline_of(line: Line, screen: Screen, protocol: MsnProtocol = PROTOCOL) -> Pipeline:
    return Pipeline(
        line,  # type: ignore[arg-type]
        lambda callback: NativeEngine(callback, server_ports=PORTS),
        [(protocol, PORTS)],
        warrant=Everybody(),
        sensor="nis-1",
        sinks=[screen],
        live=True,
    )


def watched(line: Line) -> tuple[Screen, Outcome]:
    screen = Screen(line)
    return screen, pipeline_of(line, screen).run()


def texts(records: Sequence[CommunicationRecord]) -> list[tuple[str | None, str | None]]:
    return sorted((r.target, r.text) for r in records if r.event == "message")


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return list(CASES["demo"]()[1])


@pytest.fixture(scope="module")
def replayed(frames: list[Frame]) -> list[CommunicationRecord]:
    return watched(Line(frames))[0].records


def test_records_come_within_two_seconds(frames: list[Frame]) -> None:
    screen, _ = watched(Line(frames, idle=5))
    late = [came - record.time for came, record in zip(screen.came, screen.records, strict=True)]
    assert late
    assert max(late) < 2.5 * SECOND


def test_last_words_come_out_while_the_line_is_idle(frames: list[Frame]) -> None:
    cut = frames[: len(frames) // 2]
    line = Line(cut, idle=60)
    screen, _ = watched(line)
    assert line.clock is not None
    assert max(screen.came) < line.clock, "nothing had to wait for the end of the capture"
    assert texts(screen.records) == texts(watched(Line(cut))[0].records)


@pytest.mark.parametrize("step", [-HOUR, HOUR, -2 * SECOND, 56 * 365 * 24 * HOUR], ids=str)
def test_clock_that_is_set_loses_and_delays_nothing(
    step: int, frames: list[Frame], replayed: list[CommunicationRecord]
) -> None:
    middle = len(frames) // 2
    screen, outcome = watched(Line(frames, idle=60, step_at=middle, step=step))
    assert texts(screen.records) == texts(replayed)
    stepped = frames[middle - 1].time + step
    delays = [
        came - record.time
        for came, record in zip(screen.came, screen.records, strict=True)
        if came >= stepped and record.time >= stepped and record.event == "message"
    ]
    assert delays
    assert max(delays) < 60 * SECOND
    assert outcome.source.clock_steps == 1


@pytest.mark.parametrize("step", [-HOUR, -5 * SECOND], ids=str)
def test_clock_that_is_set_back_keeps_no_record_until_its_time_comes_again(step: int, frames: list[Frame]) -> None:
    out_by_the_end = []

    class Watched(Line):
        def batches(self) -> Iterator[list[Packet]]:
            yield from super().batches()
            out_by_the_end.append(len(screen.records))

    line = Watched(frames, idle=60, step_at=len(frames) // 2, step=step)
    screen = Screen(line)
    pipeline_of(line, screen).run()
    assert out_by_the_end == [len(screen.records)]


def test_fault_in_a_decoder_costs_one_connection(
    frames: list[Frame], replayed: list[CommunicationRecord], caplog: pytest.LogCaptureFixture
) -> None:
    """A bug that somebody can trigger must not blind a sensor, nor put his words into its log."""

    class Stumbling:
        stumbled: Flow | None = None

        def __init__(self, decoder: MsnDecoder) -> None:
            self._decoder = decoder
            self.counters = decoder.counters
            self.wanted = frozenset[int]()
            self.close = decoder.close

        def receive(self, event: StreamEvent) -> None:
            if isinstance(event, StreamData) and b" OK alice" in event.octets and self.stumbled is None:
                self.stumbled = event.flow
                raise KeyError(event.octets)
            assert event.flow is not self.stumbled or isinstance(event, StreamEnd), "it is left alone"
            self._decoder.receive(event)

    class Stumble(MsnProtocol):
        def decoder(  # type: ignore[override]
            self, emit: Callable[[Event], None], ports: frozenset[int], *, looks_again: bool
        ) -> Stumbling:
            return Stumbling(MsnDecoder(emit, ports))

    line = Line(frames)
    screen = Screen(line)
    outcome = pipeline_of(line, screen, Stumble()).run()
    assert outcome.faults == 1
    assert outcome.lost
    assert 0 < len(screen.records) < len(replayed)
    assert [record.message.partition(",")[0] for record in caplog.records] == [
        "a fault of this program (KeyError in receive"
    ]
    assert "b'" not in caplog.text


def test_fault_outside_of_any_connection_ends_the_run_and_loses_no_record(
    frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = frames[: len(frames) // 2]
    line = Line(frames)
    screen = Screen(line)
    batches = line.batches

    def stumbling() -> Iterator[Sequence[Packet]]:
        for batch in batches():
            before = [packet for packet in batch if packet.number <= len(cut)]
            yield before
            if len(before) < len(batch):
                raise ZeroDivisionError("what somebody said")

    monkeypatch.setattr(line, "batches", stumbling)
    outcome = pipeline_of(line, screen).run()
    assert "ZeroDivisionError in stumbling" in str(outcome.failure)
    assert "somebody" not in str(outcome.failure)
    assert texts(screen.records) == texts(watched(Line(cut))[0].records)

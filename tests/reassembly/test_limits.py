"""Each limit, and its stated behaviour there: a gap or an end, counted, and never a stall."""

from dataclasses import replace

from capture.packet import Packet
from reassembly.events import StreamEvent, StreamGap
from reassembly.limits import DEFAULT_LIMITS, LIVE_LIMITS, SECOND, Limits
from reassembly.native import NativeEngine
from tests.reassembly.crafting import SYN, Step, Talk, brief, lined_up, pause


def feed(limits: Limits, steps: list[Step]) -> tuple[NativeEngine, list[StreamEvent]]:
    """Without a close: what is said by then."""
    events: list[StreamEvent] = []
    engine = NativeEngine(events.append, limits, frozenset({1863}))
    for packet in lined_up(steps):
        engine.feed(packet)
    return engine, events


def said(events: list[StreamEvent]) -> list[tuple[str, bytes | int | str | None]]:
    return [brief(event) for event in events]


def with_hole(port: int = 40000) -> tuple[Talk, list[Step]]:
    talk = Talk(client=("10.0.0.1", port))
    steps = talk.handshake()
    talk.c(b"lost")
    return talk, steps


def test_direction_octets_give_up_the_hole() -> None:
    talk, steps = with_hole()
    steps += [talk.c(b"x" * 60), talk.c(b"y" * 40), talk.c(b"z")]
    engine, events = feed(replace(DEFAULT_LIMITS, direction_octets=100), steps)
    assert said(events) == [("c gap", 4), ("c", b"x" * 60), ("c", b"y" * 40), ("c", b"z")]
    assert engine.counters.gaps == 1
    assert engine.counters.gap_octets == 4
    assert engine.counters.buffered == 0
    assert engine.counters.buffered_peak == 101


def test_direction_segments_give_up_the_hole() -> None:
    talk, steps = with_hole()
    steps += [talk.c(b"x") for _ in range(11)]
    engine, events = feed(replace(DEFAULT_LIMITS, direction_segments=10), steps)
    assert said(events) == [("c gap", 4), *[("c", b"x")] * 11]
    assert engine.counters.buffered_segments == 0


def test_total_octets_give_up_the_oldest_hole() -> None:
    first, steps = with_hole(40001)
    second, more = with_hole(40002)
    steps = [*steps, *more, first.c(b"a" * 60), second.c(b"b" * 60), second.c(b"c" * 10)]
    engine, events = feed(replace(DEFAULT_LIMITS, total_octets=100), steps)
    assert said(events) == [("c gap", 4), ("c", b"a" * 60)]
    assert engine.counters.buffered == 70


def test_total_segments_give_up_the_oldest_hole() -> None:
    first, steps = with_hole(40001)
    second, more = with_hole(40002)
    steps = [*steps, *more, first.c(b"a"), second.c(b"b"), second.c(b"c")]
    _, events = feed(replace(DEFAULT_LIMITS, total_segments=2), steps)
    assert said(events) == [("c gap", 4), ("c", b"a")]


def test_giving_up_elsewhere_may_end_that_flow() -> None:
    first, steps = with_hole(40001)
    second, more = with_hole(40002)
    steps = [*steps, *more, first.c(b"a" * 60), *first.goodbye(), second.c(b"b" * 60)]
    _, events = feed(replace(DEFAULT_LIMITS, total_octets=100), steps)
    assert said(events) == [("c gap", 4), ("c", b"a" * 60), ("end", "fin")]


def test_flows_evict_the_idlest() -> None:
    talks = [Talk(client=("10.0.0.1", port)) for port in (1001, 1002, 1003)]
    steps: list[Step] = []
    for talk in talks[:2]:
        steps += [*talk.handshake(), talk.c(b"%d" % talk.client[1])]
    steps += [talks[0].c(b"again"), *talks[2].handshake(), talks[2].c(b"1003"), talks[0].c(b"still here")]
    engine, events = feed(replace(DEFAULT_LIMITS, flows=2), steps)
    assert said(events)[2:] == [("c", b"again"), ("end", "evicted"), ("c", b"1003"), ("c", b"still here")]
    assert events[3].flow.client.port == 1002
    assert (engine.counters.evicted, engine.counters.flows_peak) == (1, 2)


def test_evicted_flow_is_flushed_first() -> None:
    talk, steps = with_hole()
    other = Talk(client=("10.0.0.9", 1))
    steps += [talk.c(b"behind"), *other.handshake()]
    _, events = feed(replace(DEFAULT_LIMITS, flows=1), steps)
    assert said(events) == [("c gap", 4), ("c", b"behind"), ("end", "evicted")]


def test_flood_of_syns_is_bounded() -> None:
    steps: list[Step] = [Talk(client=("10.0.0.1", port)).syn() for port in range(1, 5001)]
    engine, events = feed(replace(DEFAULT_LIMITS, flows=100), steps)
    assert events == []
    assert engine.counters.flows_now == 100
    assert engine.counters.evicted == 4900


def test_closed_flows_are_forgotten_oldest_first() -> None:
    talks = [Talk(client=("10.0.0.1", port)) for port in (1001, 1002)]
    steps: list[Step] = []
    for talk in talks:
        steps += [*talk.handshake(), talk.c(b"once"), *talk.goodbye()]
    copy = [Talk(client=("10.0.0.1", port)).c(b"once") for port in (1002, 1001)]
    engine, events = feed(replace(DEFAULT_LIMITS, closed_flows=1), [*steps, *copy])
    engine.close()
    # 1002 is remembered; of 1001 nothing is known any more, so its copy looks like a flow in mid-stream.
    assert said(events)[4:] == [("c gap", None), ("c", b"once"), ("end", "capture-end")]


def test_time_wait_ends() -> None:
    talk = Talk()
    steps = [*talk.handshake(), talk.c(b"a"), *talk.goodbye(), pause(121), Talk(client=("10.0.0.9", 1)).syn()]
    engine, _ = feed(DEFAULT_LIMITS, steps)
    assert len(engine._directions) == 2


def test_idle_flow_ends_without_a_packet_of_its_own() -> None:
    talk = Talk()
    other = Talk(client=("10.0.0.9", 1))
    steps = [*talk.handshake(), talk.c(b"a"), pause(7_100), talk.ack(False), pause(7_100), other.syn(), pause(101)]
    engine, events = feed(DEFAULT_LIMITS, [*steps, other.syn()])
    assert said(events) == [("c", b"a"), ("end", "idle")]
    assert engine.counters.idle == 1


def test_advance_runs_the_clock() -> None:
    talk, steps = with_hole()
    engine, events = feed(DEFAULT_LIMITS, [*steps, talk.c(b"behind")])
    last = lined_up([*steps, b""])[-1].time
    engine.advance(last + 29 * SECOND)
    assert events == []
    engine.advance(last + 30 * SECOND)
    assert said(events) == [("c gap", 4), ("c", b"behind")]
    engine.advance(last - SECOND)
    engine.advance(last + 7_201 * SECOND)
    assert said(events)[2:] == [("end", "idle")]


def test_acknowledged_hole_waits_for_packets_but_not_for_ever() -> None:
    talk, steps = with_hole()
    steps += [talk.c(b"behind"), talk.ack(False)]
    syns: list[Step] = [Talk(client=("10.0.0.9", port)).syn() for port in range(1, 17)]
    last = lined_up(steps)[-1].time
    engine, events = feed(DEFAULT_LIMITS, steps)
    engine.advance(last + 599 * SECOND)
    assert events == []
    engine.advance(last + 600 * SECOND)
    assert said(events) == [("c gap", 4), ("c", b"behind")]
    for few, wanted in ((14, 0), (16, 2)):
        _, events = feed(DEFAULT_LIMITS, [*steps, *syns[:few], pause(3), talk.ack(True)])
        assert len(events) == wanted


def test_time_that_steps_back_stalls_nothing() -> None:
    talk, steps = with_hole()
    steps += [talk.c(b"behind"), pause(-3600), talk.c(b"older"), pause(3600), pause(31), talk.c(b"new")]
    _, events = feed(DEFAULT_LIMITS, steps)
    assert said(events) == [("c gap", 4), ("c", b"behind"), ("c", b"older"), ("c", b"new")]


def test_join_ends_by_segments() -> None:
    talk = Talk()
    engine, events = feed(replace(DEFAULT_LIMITS, join_wait=SECOND), [talk.c(b"%d" % n * 2) for n in range(8)])
    assert said(events) == [("c gap", None), *[("c", b"%d" % n * 2) for n in range(8)]]
    assert engine.counters.mid_stream == 1


def test_many_short_flows_leave_nothing_behind() -> None:
    """Timers of flows that ended before them are swept."""
    events: list[StreamEvent] = []
    engine = NativeEngine(events.append, replace(DEFAULT_LIMITS, closed_flows=10))
    time = 0
    for number in range(6_000):
        talk = Talk(client=("10.0.0.1", 1024 + number))
        last = talk.c(b"a")
        late = talk.c(b"b")
        for frame in [*Talk(client=talk.client).handshake(), late, last, *talk.goodbye()]:
            assert isinstance(frame, bytes)
            time += 1000
            engine.feed(Packet(time, frame, None, 1, number, "x"))
        events.clear()
    assert engine.counters.flows == 6_000
    assert engine.counters.flows_now == 0
    assert len(engine._waits._agenda._heap) < 3_000
    assert len(engine._timers._table._idle._heap) < 3_000
    assert len(engine._directions) == 20


def test_capture_end_oldest_first() -> None:
    talks = [Talk(client=("10.0.0.1", port)) for port in (1005, 1004, 1009)]
    steps: list[Step] = [step for talk in talks for step in [*talk.handshake(), talk.c(b"hi")]]
    engine, events = feed(DEFAULT_LIMITS, [*steps, talks[0].c(b"hi")])
    engine.close()
    assert [event.flow.client.port for event in events[4:]] == [1005, 1004, 1009]


def test_counts_of_a_one_sided_flow() -> None:
    talk = Talk()
    engine, _ = feed(DEFAULT_LIMITS, [talk.syn(), talk.ack(True), talk.c(b"a")])
    engine.close()
    assert engine.counters.one_direction == 1


def test_cut_octets_are_a_gap_or_filled_by_a_copy() -> None:
    talk = Talk()
    steps = talk.handshake()
    whole = talk.c(b"0123456789")
    steps += [whole[:-4], talk.c(b"abcdefghij")[:-5], pause(1), whole]
    engine, events = feed(DEFAULT_LIMITS, steps)
    engine.close()
    assert said(events) == [("c", b"012345"), ("c", b"6789"), ("c", b"abcde"), ("c gap", 5), ("end", "capture-end")]


def test_sides_by_port_where_no_syn_tells() -> None:
    for client, server, ports in [(1863, 1024, {1863}), (1024, 1863, set()), (5000, 80, set())]:
        talk = Talk(client=("10.0.0.1", server), server=("10.0.0.2", client))
        events: list[StreamEvent] = []
        engine = NativeEngine(events.append, server_ports=frozenset(ports))
        for packet in lined_up([talk.c(b"hi")]):
            engine.feed(packet)
        engine.close()
        expected = 1863 if ports else min(client, server)
        assert {event.flow.server.port for event in events} == {expected}
        assert not events[0].flow.opened


def test_fin_ends_a_connection_of_one_visible_side_at_once_and_at_its_own_time() -> None:
    talk = Talk()
    syn, _, ack = talk.handshake()
    steps = [syn, ack, talk.c(b"bye"), talk.fin(True)]
    other = Talk(client=("10.9.9.9", 1), server=("192.0.2.9", 1863))
    _, events = feed(DEFAULT_LIMITS, [*steps, pause(1), other.syn()])
    assert said(events) == [("c", b"bye"), ("end", "fin")]
    assert events[-1].time == lined_up(steps)[-1].time


def stranger(place: int, *tags: int) -> Talk:
    return Talk(client_isn=(1 << 31) + place * (1 << 26), server_isn=(1 << 30) + place * (1 << 26), tags=tags)


def test_clock_that_is_set_back_goes_on() -> None:
    talk, steps = with_hole()
    steps += [talk.c(b"behind"), pause(-3600), talk.ack(True), pause(29), talk.ack(True), pause(2), talk.ack(True)]
    engine, events = feed(DEFAULT_LIMITS, steps)
    assert said(events) == [("c gap", 4), ("c", b"behind")]
    assert engine.counters.clock_steps == 1


def test_step_that_was_told_ends_no_wait_and_stops_none() -> None:
    for by in (3600, -3600, 10, -10):
        talk, steps = with_hole()
        steps.append(talk.c(b"behind"))
        engine, events = feed(DEFAULT_LIMITS, steps)
        last = lined_up(steps)[-1].time + by * SECOND
        engine.stepped(by * SECOND)
        engine.feed(Packet(last + 29 * SECOND, talk.ack(True), None, 1, 9, "test"))
        assert events == []
        engine.feed(Packet(last + 31 * SECOND, talk.c(b"new"), None, 1, 10, "test"))
        assert said(events) == [("c gap", 4), ("c", b"behind"), ("c", b"new")]
        assert events[-1].time == last + 31 * SECOND
        assert engine.counters.clock_steps == 1


def test_two_clocks_whose_packets_mingle_hurry_no_wait() -> None:
    talk, steps = with_hole()
    steps.append(talk.c(b"behind"))
    other = Talk(client=("10.0.0.9", 1))
    for _ in range(28):
        steps += [pause(-120), other.syn(), pause(121), talk.ack(True)]
    engine, events = feed(DEFAULT_LIMITS, steps)
    assert events == []
    assert engine.counters.clock_steps == 1
    _, events = feed(DEFAULT_LIMITS, [*steps, pause(3), talk.ack(True)])
    assert said(events) == [("c gap", 4), ("c", b"behind")]


def test_copies_are_counted_apart_from_retransmissions() -> None:
    talk = Talk()
    steps = [*talk.handshake(), *(talk.says(n % 2 == 0, b"%04d" % n) for n in range(20)), *talk.goodbye()]
    engine, events = feed(DEFAULT_LIMITS, [step for step in steps for _ in range(3)])
    assert engine.counters.duplicates == 2 * 24
    assert engine.counters.retransmitted == 0
    assert len(events) == 21
    once = Talk()
    engine, _ = feed(DEFAULT_LIMITS, [*once.handshake(), frame := once.c(b"abcd"), pause(0.2), frame])
    assert (engine.counters.duplicates, engine.counters.retransmitted) == (0, 4)


def test_another_identification_is_a_retransmission() -> None:
    talk = Talk()
    frame = talk.c(b"abcd")
    other = frame[:18] + b"\x12\x34" + frame[20:]
    engine, _ = feed(DEFAULT_LIMITS, [*Talk().handshake(), frame, other, other])
    assert (engine.counters.duplicates, engine.counters.retransmitted) == (1, 4)


def test_acknowledged_octets_that_were_never_seen_are_counted() -> None:
    talk, steps = with_hole()
    steps += [talk.frame(False, 0, ack=3), talk.c(b"behind")]
    engine, _ = feed(DEFAULT_LIMITS, steps)
    engine.close()
    assert (engine.counters.gap_octets, engine.counters.unseen_acknowledged) == (4, 3)


def test_join_on_a_busy_line_waits_briefly() -> None:
    talk = Talk()
    others: list[Step] = [Talk(client=("10.0.0.9", port)).syn() for port in range(1, 17)]
    _, events = feed(DEFAULT_LIMITS, [talk.c(b"first"), *others, pause(0.05), *others[:1]])
    assert said(events) == [("c gap", None), ("c", b"first")]


def test_strays_are_forgotten_with_their_place_and_a_strangers_connection_finds_one() -> None:
    talk = Talk()
    steps = [*talk.handshake(), talk.c(b"a")]
    steps += [stranger(place).c(b"noise") for place in range(4, 12)]
    other = stranger(0)
    steps += [other.c(b"%d" % n * 2) for n in range(4)]
    engine, events = feed(DEFAULT_LIMITS, [*steps, pause(0.1), other.c(b"on")])
    assert ("c", b"on") in said(events)
    assert engine.counters.buffered_segments <= DEFAULT_LIMITS.stray_places
    engine.close()
    assert (engine.counters.buffered, engine.counters.buffered_segments) == (0, 0)


def test_tiny_strays_take_no_more_room_than_their_own() -> None:
    steps: list[Step] = []
    for port in range(1, 21):
        talk = Talk(client=("10.0.0.1", port))
        steps += [*talk.handshake(), talk.c(b"a")]
        steps += [
            replace(stranger(place), client=talk.client, sent={True: 0, False: 0}).c(b"no") for place in range(4)
        ]
    engine, _ = feed(replace(DEFAULT_LIMITS, stray_octets=10 * 258), steps)
    assert engine.counters.buffered_segments == 10


def test_syn_that_may_begin_a_connection_is_kept_without_its_octets() -> None:
    talk = Talk()
    engine, _ = feed(DEFAULT_LIMITS, [*talk.handshake(), stranger(0).frame(True, -1, b"x" * 1_000, SYN)])
    (candidate,) = {d.connection.candidate for d in engine._directions.values()}
    assert candidate is not None
    assert candidate.segment[4] == b""


def test_flows_beside_are_bounded_and_the_eldest_stays() -> None:
    talk = Talk()
    steps = [*talk.handshake(), talk.c(b"a")]
    for place in range(12):
        steps.append(stranger(place, *(0x8100,) * (place % 7 + 1)).syn())
    engine, events = feed(replace(DEFAULT_LIMITS, flows_beside=4), [*steps, talk.c(b"b"), *talk.goodbye()])
    assert said(events) == [("c", b"a"), ("c", b"b"), ("end", "fin")]
    assert engine.counters.flows_peak == 4
    assert engine.counters.evicted >= 3


def test_separate_vlans_are_part_of_the_key() -> None:
    talk, same = Talk(), Talk(tags=(0x8100,))
    steps = [*talk.handshake(), *same.handshake(), talk.c(b"a"), same.c(b"a")]
    events: list[StreamEvent] = []
    engine = NativeEngine(events.append, separate_vlans=True)
    for packet in lined_up(steps):
        engine.feed(packet)
    engine.close()
    assert said(events) == [("c", b"a"), ("c", b"a"), ("end", "capture-end"), ("end", "capture-end")]
    assert (engine.counters.flows, engine.counters.overlapping, engine.counters.duplicates) == (2, 0, 0)
    assert str(events[1].flow.client) == "10.0.0.1:40000"


def test_on_a_live_line_no_hole_waits_for_packets() -> None:
    talk, steps = with_hole()
    steps += [talk.c(b"behind"), talk.frame(False, 0, ack=10)]
    last = lined_up(steps)[-1].time
    for limits, waits in ((DEFAULT_LIMITS, True), (LIVE_LIMITS, False)):
        engine, events = feed(limits, steps)
        engine.advance(last + 3 * SECOND)
        assert (not any(isinstance(event, StreamGap) for event in events)) == waits

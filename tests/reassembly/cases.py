"""The table of behaviours: a dialogue as the tap sees it, and the events that must come of it.

Each case is a function of a fresh `Talk`, named for what it shows; it gives the steps and the events in brief. The
same table runs over every engine. ``needs`` says what an engine must be able to do for a case to be fair.
"""

from collections.abc import Callable
from typing import NamedTuple

from tests.reassembly.crafting import ACK, FIN, PSH, RST, SYN, Step, Talk, pause

Brief = list[tuple[str, bytes | int | str | None]]
Dialogue = Callable[[Talk], tuple[list[Step], Brief]]


class Case(NamedTuple):
    name: str
    dialogue: Dialogue
    needs: frozenset[str]


CASES: list[Case] = []


def case(*needs: str) -> Callable[[Dialogue], Dialogue]:
    def register(dialogue: Dialogue) -> Dialogue:
        CASES.append(Case(dialogue.__name__, dialogue, frozenset(needs)))
        return dialogue

    return register


# Clean connections.


@case()
def handshake_talk_goodbye(t):
    return [*t.handshake(), t.c(b"VER 1\r\n"), t.s(b"VER 1 MSNP8\r\n"), *t.goodbye()], [
        ("c", b"VER 1\r\n"),
        ("s", b"VER 1 MSNP8\r\n"),
        ("end", "fin"),
    ]


@case()
def connection_without_octets_says_nothing(t):
    return [*t.handshake(), *t.goodbye()], []


@case()
def refused_connection_says_nothing(t):
    return [t.syn(), t.frame(False, -1, flags=RST | ACK)], []


@case("ipv6")
def ipv6(t):
    t.client, t.server = ("2001:db8::1", 40000), ("2001:db8::2", 1863)
    return [*t.handshake(), t.c(b"a"), t.s(b"b"), *t.goodbye()], [("c", b"a"), ("s", b"b"), ("end", "fin")]


@case("stacked tags")
def stacked_tags(t):
    t.tags = (0x88A8, 0x8100, 0x9100)
    return [*t.handshake(), t.c(b"a"), t.s(b"b"), *t.goodbye()], [("c", b"a"), ("s", b"b"), ("end", "fin")]


@case()
def ipv4_options(t):
    t.ipv4_options = b"\x01" * 8
    return [*t.handshake(), t.c(b"a"), t.s(b"b"), *t.goodbye()], [("c", b"a"), ("s", b"b"), ("end", "fin")]


@case()
def sequence_wraps(t):
    t.client_isn = 0xFFFFFFFF - 5
    t.server_isn = 0xFFFFFFFF
    return [*t.handshake(), t.c(b"0123456789"), t.c(b"abc"), t.s(b"xyz"), *t.goodbye()], [
        ("c", b"0123456789"),
        ("c", b"abc"),
        ("s", b"xyz"),
        ("end", "fin"),
    ]


@case("simultaneous open")
def simultaneous_open_first_syn_is_client(t):
    first, second = t.syn(), t.frame(False, -1, flags=SYN)
    answers = [t.frame(True, -1, flags=SYN | ACK), t.frame(False, -1, flags=SYN | ACK)]
    return [first, second, *answers, t.c(b"a"), t.s(b"b"), *t.goodbye()], [("c", b"a"), ("s", b"b"), ("end", "fin")]


@case("simultaneous open")
def simultaneous_open_ports_overrule(t):
    # The server's own SYN is seen first; its port says what it is.
    first, second = t.frame(False, -1, flags=SYN), t.syn()
    answers = [t.frame(True, -1, flags=SYN | ACK), t.frame(False, -1, flags=SYN | ACK)]
    return [first, second, *answers, t.c(b"a"), t.s(b"b"), *t.goodbye()], [("c", b"a"), ("s", b"b"), ("end", "fin")]


@case("syn data")
def syn_with_data(t):
    opening = t.frame(True, -1, b"early", flags=SYN)
    answer = t.frame(False, -1, flags=SYN | ACK, ack=5)
    t.sent[True] = 5
    return [opening, answer, t.c(b" bird"), *t.goodbye()], [("c", b"early"), ("c", b" bird"), ("end", "fin")]


# Copies, order, overlaps.


@case()
def retransmission_is_delivered_once(t):
    said = t.c(b"once")
    return [*t.handshake(), said, said, pause(1), said, *t.goodbye()], [("c", b"once"), ("end", "fin")]


@case()
def every_packet_twice_as_a_span_session_shows_it(t):
    steps = [*t.handshake(), t.c(b"a"), t.s(b"b"), *t.goodbye()]
    other = Talk(tags=(0x8100,))
    copies = [*other.handshake(), other.c(b"a"), other.s(b"b"), *other.goodbye()]
    return [step for pair in zip(steps, copies, strict=True) for step in pair], [
        ("c", b"a"),
        ("s", b"b"),
        ("end", "fin"),
    ]


@case()
def swapped_segments(t):
    a, b, c = t.c(b"one "), t.c(b"two "), t.c(b"three")
    return [*t.handshake(), c, b, a, *t.goodbye()], [
        ("c", b"one "),
        ("c", b"two "),
        ("c", b"three"),
        ("end", "fin"),
    ]


@case()
def partial_overlap_gives_only_what_is_new(t):
    return [*t.handshake(), t.frame(True, 0, b"abcd"), t.frame(True, 2, b"cdefgh"), t.frame(True, 1, b"bc")], [
        ("c", b"abcd"),
        ("c", b"efgh"),
        ("end", "capture-end"),
    ]


@case("first wins")
def conflicting_overlap_first_octets_win(t):
    return [*t.handshake(), t.frame(True, 4, b"EFGH"), t.frame(True, 2, b"xxxxxxxx"), t.frame(True, 0, b"ab")], [
        ("c", b"ab"),
        ("c", b"xx"),
        ("c", b"EFGH"),
        ("c", b"xx"),
        ("end", "capture-end"),
    ]


@case("first wins")
def delivered_octets_are_not_replaced(t):
    return [*t.handshake(), t.c(b"true"), t.frame(True, 0, b"liesXY")], [
        ("c", b"true"),
        ("c", b"XY"),
        ("end", "capture-end"),
    ]


@case()
def keep_alives_disturb_nothing(t):
    said = t.c(b"hello")
    probes = [t.frame(True, 4, b"\0"), t.frame(True, 4), t.frame(False, -1)]
    return [*t.handshake(), said, *probes, t.c(b" again"), *t.goodbye()], [
        ("c", b"hello"),
        ("c", b" again"),
        ("end", "fin"),
    ]


@case()
def keep_alive_in_the_place_of_the_fin(t):
    return [*t.handshake(), t.c(b"a"), t.fin(True), t.frame(True, 1, b"\0"), t.s(b"b"), t.fin(False)], [
        ("c", b"a"),
        ("s", b"b"),
        ("end", "fin"),
    ]


@case()
def zero_window_probe_is_an_octet_like_others(t):
    return [*t.handshake(), t.c(b"full"), t.c(b"p"), t.c(b"robe"), *t.goodbye()], [
        ("c", b"full"),
        ("c", b"p"),
        ("c", b"robe"),
        ("end", "fin"),
    ]


@case("handshake order")
def handshake_out_of_order(t):
    syn, answer, ack = t.handshake()
    return [ack, answer, syn, t.c(b"a"), t.s(b"b"), *t.goodbye()], [("c", b"a"), ("s", b"b"), ("end", "fin")]


@case("handshake order")
def data_before_its_syn(t):
    t.client, t.server = ("10.0.0.1", 80), ("192.0.2.1", 40000)  # the guess by ports would be wrong
    handshake = t.handshake()
    return [t.c(b"first"), *handshake, t.s(b"second"), *t.goodbye()], [
        ("c", b"first"),
        ("s", b"second"),
        ("end", "fin"),
    ]


# Loss.


@case("loss")
def lost_octets_become_a_gap_after_the_wait(t):
    steps = [*t.handshake(), t.c(b"one")]
    t.c(b"lost!")
    return [*steps, t.c(b"two"), pause(31), t.c(b"three"), *t.goodbye()], [
        ("c", b"one"),
        ("c gap", 5),
        ("c", b"two"),
        ("c", b"three"),
        ("end", "fin"),
    ]


@case("loss")
def late_octets_before_the_bound_fill_the_hole(t):
    steps = [*t.handshake(), t.c(b"one")]
    late = t.c(b"late")
    return [*steps, t.c(b"two"), pause(29), late, *t.goodbye()], [
        ("c", b"one"),
        ("c", b"late"),
        ("c", b"two"),
        ("end", "fin"),
    ]


@case("loss")
def octets_behind_the_bound_are_not_used(t):
    steps = [*t.handshake(), t.c(b"one")]
    late = t.c(b"late")
    return [*steps, t.c(b"two"), pause(31), late, *t.goodbye()], [
        ("c", b"one"),
        ("c gap", 4),
        ("c", b"two"),
        ("end", "fin"),
    ]


@case("loss")
def acknowledgment_is_no_proof_of_loss(t):
    # A mirror port may show the acknowledgment before the octets.
    steps = [*t.handshake(), t.c(b"one")]
    late = t.c(b"late")
    behind = t.c(b"two")
    return [*steps, behind, t.ack(False), pause(1.5), late, *t.goodbye()], [
        ("c", b"one"),
        ("c", b"late"),
        ("c", b"two"),
        ("end", "fin"),
    ]


@case("loss")
def acknowledged_hole_waits_shorter(t):
    steps = [*t.handshake(), t.c(b"one")]
    late = t.c(b"late")
    behind = t.c(b"two")
    return [*steps, behind, t.ack(False), *others(), pause(2.5), late, *t.goodbye()], [
        ("c", b"one"),
        ("c gap", 4),
        ("c", b"two"),
        ("end", "fin"),
    ]


def others():
    """As many packets of others as an acknowledged hole waits for, besides its time."""
    return [Talk(client=("10.9.9.9", 1000 + n)).syn() for n in range(16)]


def three_holes(t):
    """Segments 1 to 6 of a side, of which the tap sees 2, 4 and 6 at first."""
    segments = [t.c(b"%d" % n) for n in range(1, 7)]
    return segments[0::2], segments[1::2]


THREE_GAPS = [("c gap", 1), ("c", b"2"), ("c gap", 1), ("c", b"4"), ("c gap", 1), ("c", b"6")]


@case("loss")
def acknowledged_holes_wait_together(t):
    steps = t.handshake()
    _, seen = three_holes(t)
    return [*steps, *seen, t.ack(False), *others(), pause(2.5), t.s(b"now"), *t.goodbye()], [
        *THREE_GAPS,
        ("s", b"now"),
        ("end", "fin"),
    ]


@case("loss")
def acknowledged_holes_wait_each_from_its_own_acknowledgment(t):
    steps = t.handshake()
    _, seen = three_holes(t)
    steps += [*seen, t.frame(False, 0, ack=2), pause(1), t.ack(False), *others(), pause(1.5), t.s(b"one"), pause(1)]
    return [*steps, t.s(b"all"), *t.goodbye()], [
        ("c gap", 1),
        ("c", b"2"),
        ("s", b"one"),
        *THREE_GAPS[2:],
        ("s", b"all"),
        ("end", "fin"),
    ]


@case("loss")
def hole_behind_one_that_was_filled_keeps_its_time(t):
    steps = t.handshake()
    lost, seen = three_holes(t)
    steps += [*seen, t.ack(False), *others(), pause(1.5), lost[0], pause(1), t.s(b"now")]
    return [*steps, *t.goodbye()], [
        ("c", b"1"),
        ("c", b"2"),
        *THREE_GAPS[2:],
        ("s", b"now"),
        ("end", "fin"),
    ]


@case("loss")
def unacknowledged_holes_wait_each_from_its_own_time(t):
    steps = t.handshake()
    _, seen = three_holes(t)
    steps += [seen[0], pause(20), *seen[1:], pause(11), t.frame(False, 0, b"one", ack=0), pause(20)]
    return [*steps, t.frame(False, 3, b"all", ack=0)], [
        ("c gap", 1),
        ("c", b"2"),
        ("s", b"one"),
        *THREE_GAPS[2:],
        ("s", b"all"),
        ("end", "capture-end"),
    ]


@case("loss")
def acknowledged_hole_waits_for_packets_on_a_slow_line(t):
    # Shuffled by position: three packets late, though each takes twenty seconds.
    steps = t.handshake()
    late, behind = t.c(b"1"), t.c(b"2")
    steps += [behind, t.ack(False), pause(20), t.s(b"a"), pause(20), t.s(b"b"), pause(20), late]
    return [*steps, *t.goodbye()], [("s", b"a"), ("s", b"b"), ("c", b"1"), ("c", b"2"), ("end", "fin")]


@case("loss")
def acknowledgment_before_the_octets_shortens_no_later_wait(t):
    # What is acknowledged beyond all that was seen says nothing yet of holes that nobody knows.
    steps = t.handshake()
    first = t.c(b"1")
    t.c(b"2")
    third, late = t.c(b"3"), t.c(b"4")
    fifth = t.c(b"5")
    steps += [first, third, t.ack(False), pause(1.9), fifth, t.ack(False), pause(1), late, *t.goodbye()]
    return steps, [("c", b"1"), ("c gap", 1), ("c", b"3"), ("c", b"4"), ("c", b"5"), ("end", "fin")]


@case("loss")
def hole_at_the_end_of_the_capture(t):
    steps = [*t.handshake(), t.c(b"one"), t.s(b"ok")]
    t.c(b"lost")
    return [*steps, t.c(b"two")], [
        ("c", b"one"),
        ("s", b"ok"),
        ("c gap", 4),
        ("c", b"two"),
        ("end", "capture-end"),
    ]


@case("loss")
def hole_in_front_of_a_fin(t):
    steps = [*t.handshake(), t.c(b"one")]
    t.c(b"lost")
    return [*steps, *t.goodbye(), pause(31), t.ack(True)], [("c", b"one"), ("c gap", 4), ("end", "fin")]


@case("loss")
def keep_alive_in_a_hole_invents_nothing(t):
    steps = [*t.handshake(), t.c(b"one")]
    t.c(b"lost")
    return [*steps, t.ack(False), t.frame(True, 6, b"\0"), t.c(b"two"), pause(31), t.ack(True)], [
        ("c", b"one"),
        ("c gap", 4),
        ("c", b"two"),
        ("end", "capture-end"),
    ]


@case("loss")
def single_octets_behind_a_hole_are_data(t):
    steps = [*t.handshake(), t.c(b"one")]
    t.c(b"lost")
    single = [t.says(True, bytes([octet]), flags=ACK) for octet in b"two"]
    return [*steps, *single, t.ack(False), pause(31), t.ack(True)], [
        ("c", b"one"),
        ("c gap", 4),
        *[("c", octet) for octet in (b"t", b"w", b"o")],
        ("end", "capture-end"),
    ]


@case("loss")
def two_holes_are_two_gaps(t):
    steps = [*t.handshake()]
    t.c(b"12")
    steps.append(t.c(b"a"))
    t.c(b"345")
    return [*steps, t.c(b"b"), pause(40), t.ack(True)], [
        ("c gap", 2),
        ("c", b"a"),
        ("c gap", 3),
        ("c", b"b"),
        ("end", "capture-end"),
    ]


# Joined in mid-stream, one side only.


@case("mid-stream")
def joined_in_mid_stream(t):
    return [t.c(b"tail\r\n"), t.s(b"ok\r\n"), *t.goodbye(), pause(1), t.ack(True)], [
        ("c gap", None),
        ("c", b"tail\r\n"),
        ("s gap", None),
        ("s", b"ok\r\n"),
        ("end", "fin"),
    ]


@case("mid-stream")
def swapped_where_it_is_joined(t):
    t.c(b"unseen")
    a, b = t.c(b"first half, "), t.c(b"second half")
    return [b, a, pause(1), t.c(b"!")], [
        ("c gap", None),
        ("c", b"first half, "),
        ("c", b"second half"),
        ("c", b"!"),
        ("end", "capture-end"),
    ]


@case("mid-stream")
def acknowledgment_before_its_data_at_the_join(t):
    t.c(b"unseen")
    a, b = t.c(b"one"), t.c(b"two")
    return [t.ack(False), t.s(b"x"), b, a, pause(1), t.ack(True)], [
        ("s gap", None),
        ("s", b"x"),
        ("c gap", None),
        ("c", b"one"),
        ("c", b"two"),
        ("end", "capture-end"),
    ]


@case("mid-stream")
def keep_alive_is_nothing_to_join_at(t):
    t.c(b"unseen")
    return [t.frame(True, 5, b"\0"), t.ack(False), t.c(b"seen"), pause(1), t.ack(True)], [
        ("c gap", None),
        ("c", b"seen"),
        ("end", "capture-end"),
    ]


@case("mid-stream")
def single_octets_behind_the_join_are_data(t):
    t.c(b"unseen")
    single = [t.says(True, bytes([octet]), flags=ACK) for octet in b"bcd"]
    return [t.frame(True, 4, b"xa"), *single, pause(1), t.ack(True)], [
        ("c gap", None),
        *[("c", octets) for octets in (b"xa", b"b", b"c", b"d")],
        ("end", "capture-end"),
    ]


@case("mid-stream")
def bare_acknowledgments_and_resets_are_no_flow(t):
    return [t.ack(True), t.ack(False), t.rst(True), t.fin(False)], []


@case("mid-stream")
def syn_ack_alone_tells_both_beginnings(t):
    _, answer, ack = t.handshake()
    second = t.c(b"second") if t.c(b"first ") else b""
    return [answer, ack, second, t.s(b"ok"), pause(31), *t.goodbye()], [
        ("s", b"ok"),
        ("c gap", 6),
        ("c", b"second"),
        ("end", "fin"),
    ]


@case("mid-stream")
def syn_alone_leaves_the_server_side_unknown(t):
    syn, _, ack = t.handshake()
    return [syn, ack, t.c(b"a"), t.s(b"b"), *t.goodbye(), pause(1), t.ack(True)], [
        ("c", b"a"),
        ("s gap", None),
        ("s", b"b"),
        ("end", "fin"),
    ]


@case("one direction")
def client_side_only(t):
    syn, _, ack = t.handshake()
    return [syn, ack, t.c(b"a"), t.c(b"b"), t.fin(True), pause(61), t.frame(True, 9, flags=RST)], [
        ("c", b"a"),
        ("c", b"b"),
        ("end", "fin"),
    ]


@case("one direction")
def server_side_only(t):
    _, answer, _ = t.handshake()
    return [answer, t.s(b"a"), t.s(b"b"), t.fin(False)], [("s", b"a"), ("s", b"b"), ("end", "fin")]


# Ends.


@case()
def half_closed_side_is_heard_on(t):
    return [
        *t.handshake(),
        t.c(b"bye"),
        t.fin(True),
        pause(30),
        t.s(b"more"),
        pause(30),
        t.s(b"!"),
        t.fin(False),
    ], [
        ("c", b"bye"),
        ("s", b"more"),
        ("s", b"!"),
        ("end", "fin"),
    ]


@case("timers")
def other_side_silent_after_fin(t):
    other = Talk(client=("10.9.9.9", 1), server=("192.0.2.9", 1863))
    return [*t.handshake(), t.c(b"bye"), t.fin(True), pause(61), other.syn()], [("c", b"bye"), ("end", "fin")]


@case()
def octets_before_the_fin_come_after_it(t):
    last = t.c(b"last words")
    return [*t.handshake(), *t.goodbye(), last], [("c", b"last words"), ("end", "fin")]


@case("rst")
def reset_ends(t):
    return [*t.handshake(), t.c(b"a"), t.rst(False), pause(1), t.ack(True)], [("c", b"a"), ("end", "rst")]


@case("rst")
def octets_captured_behind_the_reset(t):
    last = t.c(b"last")
    return [*t.handshake(), t.rst(True), last, pause(1), t.ack(True)], [("c", b"last"), ("end", "rst")]


@case("rst")
def reset_flushes_what_waits(t):
    steps = [*t.handshake(), t.c(b"a")]
    t.c(b"lost")
    return [*steps, t.c(b"b"), t.rst(True)], [("c", b"a"), ("c gap", 4), ("c", b"b"), ("end", "rst")]


@case("rst")
def blind_reset_is_ignored(t):
    forged = t.frame(True, 5_000_000, flags=RST)
    return [*t.handshake(), t.c(b"a"), forged, pause(1), t.c(b"b"), *t.goodbye()], [
        ("c", b"a"),
        ("c", b"b"),
        ("end", "fin"),
    ]


@case("rst")
def octets_beyond_a_reset_from_its_sender_refute_it(t):
    return [*t.handshake(), t.c(b"a"), t.rst(True), t.c(b"b"), pause(1), t.c(b"c"), *t.goodbye()], [
        ("c", b"a"),
        ("c", b"b"),
        ("c", b"c"),
        ("end", "fin"),
    ]


@case("rst")
def forged_reset_blinds_nobody_for_long(t):
    a = [*t.handshake(), t.c(b"a"), t.rst(True), pause(1)]
    return [*a, t.frame(True, 0, b"ab", flags=PSH | ACK), pause(1), t.ack(True)], [
        ("c", b"a"),
        ("end", "rst"),
        ("c gap", None),
        ("c", b"b"),
        ("end", "capture-end"),
    ]


@case("time wait")
def copies_after_the_end_are_swallowed(t):
    a, b = t.c(b"a"), t.s(b"b")
    handshake, goodbye = Talk().handshake(), t.goodbye()
    copies = [handshake[0], handshake[1], a, b, *goodbye, t.ack(True), t.rst(False)]
    return [*handshake, a, b, *goodbye, *copies, pause(60), *copies], [("c", b"a"), ("s", b"b"), ("end", "fin")]


@case("time wait")
def copies_after_a_reset_are_swallowed(t):
    a = t.c(b"a")
    return [*Talk().handshake(), a, t.rst(True), pause(1), a, t.fin(True), a], [("c", b"a"), ("end", "rst")]


@case("idle")
def idle_flow_ends_and_may_go_on_anew(t):
    return [*t.handshake(), t.c(b"a"), pause(7201), t.c(b"b")], [
        ("c", b"a"),
        ("end", "idle"),
        ("c gap", None),
        ("c", b"b"),
        ("end", "capture-end"),
    ]


# Ports used again.


@case("reuse")
def ports_used_again_after_the_end(t):
    second = Talk(client_isn=70_000_000, server_isn=80_000_000)
    return [
        *[*t.handshake(), t.c(b"a"), *t.goodbye()],
        *[*second.handshake(), second.c(b"b"), *second.goodbye()],
    ], [("c", b"a"), ("end", "fin"), ("c", b"b"), ("end", "fin")]


@case("reuse")
def ports_used_again_without_an_end(t):
    second = Talk(client_isn=70_000_000, server_isn=80_000_000)
    return [
        *[*t.handshake(), t.c(b"a")],
        *[*second.handshake(), second.c(b"b"), second.s(b"c"), *second.goodbye()],
    ], [("c", b"a"), ("end", "reused"), ("c", b"b"), ("s", b"c"), ("end", "fin")]


@case("reuse", "one direction")
def ports_used_again_one_side_seen(t):
    second = Talk(client_isn=70_000_000, server_isn=80_000_000)
    return [t.syn(), t.ack(True), t.c(b"a"), second.syn(), second.c(b"b")], [
        ("c", b"a"),
        ("end", "reused"),
        ("c", b"b"),
        ("end", "capture-end"),
    ]


@case("reuse")
def syn_copy_is_no_reuse(t):
    syn, answer, ack = t.handshake()
    return [syn, syn, answer, syn, ack, answer, t.c(b"a"), syn, answer, t.c(b"b"), *t.goodbye()], [
        ("c", b"a"),
        ("c", b"b"),
        ("end", "fin"),
    ]


@case("reuse")
def late_old_syn_does_not_kill_a_live_flow(t):
    old = Talk(client_isn=900_000_000)
    return [*t.handshake(), t.c(b"a"), old.syn(), t.ack(False), t.c(b"b"), *t.goodbye()], [
        ("c", b"a"),
        ("c", b"b"),
        ("end", "fin"),
    ]


@case("reuse")
def old_segments_do_not_pollute_the_new_connection(t):
    old = [t.c(b"old1"), t.c(b"old2"), t.c(b"old3"), t.c(b"old4"), t.c(b"old5")]
    second = Talk(client_isn=3_000_000_000, server_isn=80_000_000)
    return [
        *[*Talk().handshake(), *old, t.fin(True), t.fin(False)],
        *[*second.handshake(), *old, second.c(b"new"), *old, *second.goodbye()],
    ], [*[("c", b"old%d" % i) for i in range(1, 6)], ("end", "fin"), ("c", b"new"), ("end", "fin")]


@case("reuse")
def ports_used_again_without_syn(t):
    second = Talk(client_isn=3_000_000_000, server_isn=80_000_000)
    second.c(b"unseen")
    said = [second.c(b"w"), second.c(b"x"), second.c(b"y"), second.c(b"z")]
    return [*t.handshake(), t.c(b"a"), *said, pause(1), second.ack(True)], [
        ("c", b"a"),
        ("end", "reused"),
        ("c gap", None),
        *[("c", octet) for octet in (b"w", b"x", b"y", b"z")],
        ("end", "capture-end"),
    ]


@case("reuse")
def stray_segments_are_not_used(t):
    stranger = Talk(client_isn=3_000_000_000)
    return [*t.handshake(), t.c(b"a"), stranger.c(b"?!"), t.c(b"b"), stranger.c(b"??"), t.c(b"c"), *t.goodbye()], [
        ("c", b"a"),
        ("c", b"b"),
        ("c", b"c"),
        ("end", "fin"),
    ]


@case("reuse")
def stray_fin_is_not_believed(t):
    stranger = Talk(client_isn=3_000_000_000)
    return [*t.handshake(), t.c(b"a"), stranger.fin(True), t.c(b"b"), *t.goodbye()], [
        ("c", b"a"),
        ("c", b"b"),
        ("end", "fin"),
    ]


@case("reuse")
def fin_inside_what_follows_is_not_believed(t):
    forged = t.frame(True, 1, flags=FIN | ACK)
    return [*t.handshake(), t.c(b"a"), forged, t.c(b"bcd"), *t.goodbye()], [
        ("c", b"a"),
        ("c", b"bcd"),
        ("end", "fin"),
    ]


@case("reuse", "rst")
def ports_used_again_right_after_a_reset(t):
    second = Talk(client_isn=70_000_000, server_isn=80_000_000)
    return [*t.handshake(), t.c(b"a"), t.rst(True), *second.handshake(), second.c(b"b")], [
        ("c", b"a"),
        ("end", "rst"),
        ("c", b"b"),
        ("end", "capture-end"),
    ]


@case("reuse", "one direction")
def octets_of_the_new_connection_swapped(t):
    second = Talk(client_isn=70_000_000)
    a, b = second.c(b"first "), second.c(b"second")
    return [t.syn(), t.ack(True), t.c(b"old"), second.syn(), b, a], [
        ("c", b"old"),
        ("end", "reused"),
        ("c", b"first "),
        ("c", b"second"),
        ("end", "capture-end"),
    ]


@case("reuse")
def syn_that_nobody_took_up_is_forgotten(t):
    old = Talk(client_isn=900_000_000)
    return [*t.handshake(), t.c(b"a"), old.syn(), pause(60), t.c(b"b"), old.c(b"?!"), t.c(b"c"), *t.goodbye()], [
        ("c", b"a"),
        ("c", b"b"),
        ("c", b"c"),
        ("end", "fin"),
    ]


# Strangers with the same addresses and ports; copies that the tap makes.


def stranger(*tags: int) -> Talk:
    return Talk(client_isn=2_000_000_000, server_isn=3_000_000_000, tags=tags)


def in_turn(*dialogues):
    return [step for steps in zip(*dialogues, strict=True) for step in steps]


@case("networks", "stacked tags")
def strangers_in_another_network_packet_by_packet(t):
    other = stranger(0x8100)
    mine = [*t.handshake(), t.c(b"a"), t.s(b"b"), t.c(b"c"), *t.goodbye()]
    theirs = [*other.handshake(), other.c(b"A"), other.s(b"B"), other.c(b"C"), *other.goodbye()]
    return in_turn(mine, theirs), [
        *[("c", b"a"), ("c", b"A"), ("s", b"b"), ("s", b"B"), ("c", b"c"), ("c", b"C")],
        *[("end", "fin"), ("end", "fin")],
    ]


@case("networks", "mid-stream")
def strangers_in_another_network_joined_in_mid_stream(t):
    other = stranger(0x8100)
    mine = [t.c(b"aa"), t.s(b"bb"), t.c(b"cc"), pause(6)]
    theirs = [other.c(b"AA"), other.s(b"BB"), other.c(b"CC"), pause(6)]
    return [*in_turn(mine, theirs), t.ack(True)], [
        *[("c gap", None), ("c", b"aa"), ("c", b"cc"), ("s gap", None), ("s", b"bb")],
        *[("c gap", None), ("c", b"AA"), ("c", b"CC"), ("s gap", None), ("s", b"BB")],
        *[("end", "capture-end"), ("end", "capture-end")],
    ]


@case("strangers")
def strangers_whose_tags_were_stripped(t):
    other = stranger()
    mine = [*t.handshake(), t.c(b"a"), t.s(b"b"), t.c(b"c"), *t.goodbye()]
    theirs = [*other.handshake(), other.c(b"A"), other.s(b"B"), other.c(b"C"), *other.goodbye()]
    return in_turn(mine, theirs), [
        *[("c", b"a"), ("c", b"A"), ("s", b"b"), ("s", b"B"), ("c", b"c"), ("c", b"C")],
        *[("end", "fin"), ("end", "fin")],
    ]


@case("strangers", "mid-stream")
def strangers_without_a_syn_gather_until_they_are_enough(t):
    other = stranger()
    mine = [t.c(b"aa"), t.s(b"bb"), t.c(b"cc"), t.s(b"dd")]
    theirs = [other.c(b"AA"), other.s(b"BB"), other.c(b"CC"), other.s(b"DD")]
    return [*t.handshake(), *in_turn(mine, theirs), pause(6), t.ack(True)], [
        *[("c", b"aa"), ("s", b"bb"), ("c", b"cc"), ("s", b"dd")],
        *[("c gap", None), ("c", b"AA"), ("c", b"CC"), ("s gap", None), ("s", b"BB"), ("s", b"DD")],
        *[("end", "capture-end"), ("end", "capture-end")],
    ]


@case("strangers")
def connection_taken_for_dead_goes_on(t):
    other = stranger()
    theirs = [*other.handshake(), other.c(b"A"), other.s(b"B")]
    return [*t.handshake(), t.c(b"a"), *theirs, t.s(b"bb"), other.c(b"C"), pause(6), t.ack(True)], [
        *[("c", b"a"), ("end", "reused"), ("c", b"A"), ("s", b"B"), ("c", b"C"), ("s gap", None), ("s", b"bb")],
        *[("end", "capture-end"), ("end", "capture-end")],
    ]


@case("stacked tags")
def each_direction_in_a_vlan_of_its_own_is_one_connection(t):
    back = Talk(tags=(0x8100,))
    handshake = [t.syn(), back.syn_ack(), t.ack(True)]
    said = t.c(b"a")
    back.sent = t.sent
    return [*handshake, said, back.s(b"b"), t.fin(True), back.fin(False)], [
        ("c", b"a"),
        ("s", b"b"),
        ("end", "fin"),
    ]


@case("stacked tags", "mid-stream")
def router_on_a_stick_shows_one_connection_in_two_vlans(t):
    behind = Talk(tags=(0x8100,))
    before = [t.c(b"aa"), t.s(b"bb"), t.c(b"cc")]
    copies = [behind.c(b"aa"), behind.s(b"bb"), behind.c(b"cc")]
    return [*in_turn(before, copies), pause(6), t.ack(True)], [
        *[("c gap", None), ("c", b"aa"), ("c", b"cc"), ("s gap", None), ("s", b"bb")],
        ("end", "capture-end"),
    ]


@case("one direction", "loss")
def one_direction_shuffled_on_a_slow_line(t):
    a, b, c = t.c(b"a1"), t.c(b"b1"), t.c(b"c1")
    return [t.syn(), b, pause(40), c, pause(40), a], [
        *[("c", b"a1"), ("c", b"b1"), ("c", b"c1")],
        ("end", "capture-end"),
    ]


@case("one direction", "loss")
def hole_of_a_side_heard_alone_waits_shorter(t):
    steps = [t.syn(), t.c(b"one")]
    late = t.c(b"late")
    return [*steps, t.c(b"two"), *others(), pause(4), t.c(b"six"), pause(2), late], [
        *[("c", b"one"), ("c gap", 4), ("c", b"two"), ("c", b"six")],
        ("end", "capture-end"),
    ]


@case("one direction", "retransmission")
def retransmission_of_a_side_heard_alone_fills_its_hole(t):
    steps = [t.syn(), t.c(b"one")]
    late = t.c(b"late")
    return [*steps, t.c(b"two"), *others(), pause(4), late], [
        *[("c", b"one"), ("c", b"late"), ("c", b"two")],
        ("end", "capture-end"),
    ]

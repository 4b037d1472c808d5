"""What the engine may hold and how long it waits: every bound by name, with its unit and what happens there.

Times are nanoseconds of capture time (the latest packet time so far), so that two replays of one capture give equal
events. At a limit the engine degrades (a gap, the end of the idlest flow), counts it, and goes on: it never stalls.
"""

from dataclasses import dataclass, replace

MILLISECOND = 1_000_000
SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one engine. Uncompiled, a flow costs about 1.8 kB, a buffered segment 220 octets beyond its own."""

    flows: int = 250_000
    """Open flows. One more: the one idle longest is flushed and ends ``evicted``."""
    closed_flows: int = 50_000
    """Flows remembered after their end. One more: the one closed first is forgotten before its time."""

    direction_octets: int = 1 << 20
    """Octets buffered in one direction. Above: its first hole is given up."""
    direction_segments: int = 4_096
    """Segments buffered in one direction, for tiny ones cost more than their octets. Above: the same."""
    total_octets: int = 128 << 20
    """Octets buffered in all flows together. Above: the direction that waits longest gives up its first hole."""
    total_segments: int = 500_000
    """Segments buffered in all flows together. Above: the same."""

    hole_wait: int = 30 * SECOND
    """How long a hole waits for its octets while nobody has acknowledged them: a retransmission may bring them."""
    unheard_wait: int = 5 * SECOND
    """How long it waits where the other side was never seen, so that nobody will be heard to acknowledge: a sender
    repeats itself after one second and three (RFC 6298 §2.1, §5.5), and what is held back from those who took part
    is missing when it is told who was there."""
    acknowledged_wait: int = 2 * SECOND
    """How long it waits from when the other side is seen to acknowledge octets behind it: then only a packet that
    the capture holds out of order can bring them."""
    patience_packets: int = 16
    """Packets of the whole capture that must have come as well since then: what was shuffled by position is so many
    packets late, however long they take on a slow line. Fewer: the hole waits on, `patience_wait` at most."""
    patience_wait: int = 600 * SECOND
    """How long an acknowledged hole waits where `patience_packets` do not come."""
    join_wait: int = 50 * MILLISECOND
    """How long the first octets of a direction without SYN wait for lower ones that were swapped with them."""
    join_segments: int = 8
    """Segments that end that wait at once."""

    duplicate_time: int = 100 * MILLISECOND
    """How much later a datagram that is equal in all that TCP sees, and in its identification, still counts as a
    copy that the tap made. Later: a retransmission. No sender retransmits so soon (RFC 6298 §2.4; in practice 200
    ms)."""
    duplicate_packets: int = 512
    """Packets of the whole capture among which copies of the latest one are looked for. A copy of an older one
    counts as retransmission."""

    clock_step: int = 60 * SECOND
    """A packet time so far below the latest one says that the capture's clock was set, or that captures follow one
    another in the wrong order; waits go on from there. Less: packets out of order. Two clocks so far apart whose
    packets mingle are told apart as long as each is heard again within the same time."""
    clocks: int = 4
    """Clocks that were left and may be heard again. One more: the one left first is forgotten."""

    idle_time: int = 7_200 * SECOND
    """A flow without packets for so long ends ``idle``. Messenger clients may be silent for very long."""
    fin_wait: int = 60 * SECOND
    """A flow of which one side has finished and no side has said anything for so long ends ``fin``."""
    lone_fin_linger: int = 200 * MILLISECOND
    """The same where the other side was never seen (an asymmetric tap): nobody is there to wait for, only octets
    that were captured behind the FIN."""
    reset_linger: int = 200 * MILLISECOND
    """From a RST to the flow's end ``rst``, for octets that were sent before it and captured behind it."""
    time_wait: int = 120 * SECOND
    """How long a flow that ended ``fin`` or ``rst`` is remembered, to swallow what comes again of it."""

    window: int = 16 << 20
    """Octets ahead of or behind its direction's edge up to which a segment is plausible. Beyond: not used."""
    reset_window: int = 1 << 16
    """Octets ahead of the edge up to which a RST is believed; beyond, it is blind (RFC 5961 §3)."""
    stray_segments: int = 4
    """Implausible segments that fit one another, in whichever direction, after which they begin a new flow: in
    place of the old one, which ends ``reused``, if that said nothing since the first of them, else beside it."""
    stray_places: int = 4
    """Places in the sequence numbers of one flow at which such segments gather. One more: the one that has waited
    longest is dropped."""
    stray_wait: int = 600 * SECOND
    """How long a place waits for the next such segment. Later: it is dropped when the flow is heard again."""
    stray_octets: int = 8 << 20
    """Octets that wait in such segments in all flows together, 256 more for each. Above: more are dropped."""
    flows_beside: int = 8
    """Flows with the same addresses and ports that are known at one time, those remembered after their end too. One
    more: one that has ended is forgotten, else the one idle longest ends ``evicted``, but never the eldest, lest
    somebody who makes up strangers drives out a true flow."""
    flow_paths: int = 8
    """Paths through networks that are remembered of a flow. Of more, plausibility alone decides."""


DEFAULT_LIMITS = Limits()
"""For files."""

LIVE_LIMITS = replace(DEFAULT_LIMITS, patience_packets=0)
"""For a line as it happens: it shuffles packets by milliseconds, and who watches a quiet one must not wait for many
packets to come."""

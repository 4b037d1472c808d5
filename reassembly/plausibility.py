# cython: annotation_typing=False
"""What is plausible in a connection, and whose a segment is.

Looks at connections and segments and answers; changes nothing. Only what is certain is used: a direction's first
number is known from its own SYN, or from the SYN+ACK that acknowledges it (RFC 9293 §3.5), and from nothing else.
In particular an acknowledgment alone says neither where a direction began nor that octets are lost: a mirror port
may show it first.

Several connections may have the same addresses and ports, behind different networks. The path by which a segment
came speaks for those that are known to come by it, but the numbers decide: a tap may tag the two directions of
one connection differently, or show each packet before and behind a router.
"""

from reassembly.assembler import Assembler
from reassembly.connection import Candidate, Connection, Direction
from reassembly.headers import ACK, FIN, PSH, RST, SYN, Segment
from reassembly.limits import Limits
from reassembly.sequence import MASK, distance

_MOST_SYN_DATA = 1 << 16
_UNKNOWN = 1 << 33  # further than numbers can be from each other


def whose(connection: Connection, segment: Segment, limits: Limits) -> Direction | None:
    """To which of the connections with these addresses and ports a segment belongs; None: a stranger's.

    A segment that fits none belongs to one that is known to come by its path, if any, and is implausible there:
    where networks cannot tell strangers apart, a single segment is not yet evidence.
    """
    key = segment[0]
    path = segment[6]
    best: Direction | None = None
    best_rank = (True, True, _UNKNOWN + 1)
    known: Direction | None = None
    for member in connection.together:
        direction = member.towards(key)
        comes_so = path in member.paths
        near = _nearness(direction, segment, limits)
        if near >= 0:
            rank = (member.closed, not comes_so, near)
            if rank < best_rank:
                best, best_rank = direction, rank
        elif comes_so and (known is None or (known.connection.closed and not member.closed)):
            known = direction
    return best if best is not None else known


def _nearness(direction: Direction, segment: Segment, limits: Limits) -> int:
    """How far a segment of any kind is from where its connection would stand; -1: it is not this connection's."""
    candidate = direction.connection.candidate
    if candidate is not None and confirms(candidate, direction, segment, limits):
        return 0
    flags = segment[3]
    if flags & RST:
        return 0 if reset_plausible(direction, segment, limits) else -1
    if flags & SYN:
        return 0 if begins(direction, segment, limits) else -1
    return nearness(direction, segment, limits)


def nearness(direction: Direction, segment: Segment, limits: Limits) -> int:
    """How many octets a segment, not SYN or RST, is from where both ends stand; -1: implausibly many.

    What is not known of an end speaks for nothing. An acknowledgment is plausible near what was seen of the other
    end, or near the last one: the tap may see one end only, for a time.
    """
    _, sequence, acknowledgment, flags, payload, _, _, _ = segment
    other = direction.other
    assembler = direction.assembler
    ahead = apart = _UNKNOWN
    if assembler.anchored:
        ahead = distance(sequence, assembler.sequence)
        if assembler.finished and ahead > (0 if payload else 1):  # its FIN counts as one (RFC 9293 §3.4)
            return -1
    elif other.acknowledged >= 0:
        ahead = distance(sequence, other.acknowledged)
    if flags & ACK:
        if other.assembler.anchored:
            apart = abs(distance(acknowledgment, other.assembler.sequence))
        if direction.acknowledged >= 0:
            apart = min(apart, abs(distance(acknowledgment, direction.acknowledged)))
    known = [octets for octets in (abs(ahead), apart) if octets != _UNKNOWN]
    if not known:
        return _UNKNOWN
    return sum(known) if max(known) <= limits.window else -1


def keep_alive(flags: int, payload: bytes, cut: int) -> bool:
    """One octet without PSH: it looks like a keep-alive with its octet of garbage (RFC 9293 §3.8.4)."""
    return len(payload) + cut == 1 and not flags & (PSH | FIN)


def tells_nothing(segment: Segment) -> bool:
    """Nothing to begin a flow with: neither SYN nor octets, or a RST, which ends what nobody has seen."""
    _, _, _, flags, payload, cut, _, _ = segment
    return bool(flags & RST) or not (flags & SYN or payload) or keep_alive(flags, payload, cut)


def begins(direction: Direction, segment: Segment, limits: Limits) -> bool:
    """A SYN or SYN+ACK is this connection's own."""
    _, sequence, acknowledgment, flags, _, _, _, _ = segment
    if flags & ACK and not may_be_acknowledged(direction.other, acknowledgment, limits):
        return False
    return direction.isn == sequence or may_start(direction, (sequence + 1) & MASK, limits)


def behind(direction: Direction, sequence: int, limits: Limits) -> bool:
    """The number is one that the direction has passed, not long ago."""
    assembler = direction.assembler
    return assembler.running and -limits.window <= distance(sequence, assembler.sequence) <= 0


def may_start(direction: Direction, start: int, limits: Limits) -> bool:
    """A SYN may be this connection's: the direction has begun nowhere yet, and all that is known lies behind it."""
    assembler = direction.assembler
    if assembler.running or direction.isn >= 0:
        return False
    known = direction.other.acknowledged
    if known >= 0 and not 0 <= distance(known, start) <= limits.window:
        return False
    return not assembler.waiting or 0 <= distance(_lowest(assembler), start) <= limits.window


def may_be_acknowledged(direction: Direction, start: int, limits: Limits) -> bool:
    """A SYN+ACK of the other end may answer this direction's SYN: ``start`` is where its octets begin."""
    if direction.isn >= 0:
        # Equal, or further by the data that the SYN brought (RFC 7413).
        return (start - direction.isn - 1) & MASK <= _MOST_SYN_DATA
    if direction.assembler.running:
        return behind(direction, start, limits)
    return may_start(direction, start, limits)


def _lowest(assembler: Assembler) -> int:
    position = assembler.pieces[0][0] if assembler.pieces else assembler.fin
    return (assembler.sequence + position - assembler.edge) & MASK


def confirms(candidate: Candidate, direction: Direction, segment: Segment, limits: Limits) -> bool:
    """A segment shows that the candidate's SYN was in earnest.

    That is: the SYN+ACK that answers it, or the next segment of the same end, or the ACK that completes a
    handshake of which only the SYN+ACK was seen. A late copy of an old SYN gets none of these: a live peer answers
    it with the acknowledgment it had anyway (RFC 9293 §3.10.7.4), and the old connection goes on.
    """
    _, sequence, acknowledgment, flags, _, _, _, _ = segment
    start = (candidate.segment[1] + 1) & MASK
    if direction is candidate.direction:
        return not flags & 0x06 and sequence == start and not behind(direction, start, limits)
    if not flags & ACK or acknowledgment != start:
        return False
    if candidate.peer_start >= 0:
        return sequence == candidate.peer_start
    if not flags & 0x02:
        return False
    # Without the connection's own SYN, a SYN where it may well have begun is its own, captured late.
    late = behind(candidate.direction, start, limits) and behind(direction, (sequence + 1) & MASK, limits)
    return candidate.direction.isn >= 0 or not late


def garbage_in_hole(direction: Direction, sequence: int, payload: bytes) -> bool:
    """A keep-alive's octet stands behind a hole, in the place of an octet that was lost.

    A keep-alive repeats the last number of a side that has been acknowledged wholly (RFC 9293 §3.8.4). Octets that
    are in earnest are acknowledged after they are seen; where no acknowledgment is ever seen, the usual zero tells.
    """
    if distance(sequence, direction.assembler.sequence) <= 0:
        return False
    acknowledged = direction.other.acknowledged
    return acknowledged == (sequence + 1) & MASK or (acknowledged < 0 and payload == b"\0")


def reset_plausible(direction: Direction, segment: Segment, limits: Limits) -> bool:
    """A RST is where its sender stands, or where the other end says (RFC 9293 §3.5.2), not blind (RFC 5961 §3)."""
    _, sequence, acknowledgment, flags, _, _, _, _ = segment
    other = direction.other
    expected = other.acknowledged
    if expected >= 0 and sequence in (expected, (expected + 1) & MASK):
        return True
    if direction.assembler.running:
        return 0 <= distance(sequence, direction.assembler.sequence) <= limits.reset_window
    if expected >= 0:
        return abs(distance(sequence, expected)) <= limits.reset_window
    if flags & ACK and other.assembler.running:
        return abs(distance(acknowledgment, other.assembler.sequence)) <= limits.reset_window
    return True

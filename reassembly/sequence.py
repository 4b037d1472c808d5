"""TCP sequence numbers: a circle of 2**32 (RFC 9293 §3.4), on which only differences have a meaning."""

MASK = 0xFFFFFFFF


def distance(sequence: int, origin: int) -> int:
    """Octets from ``origin`` forward to ``sequence``; negative if backward is the shorter way round."""
    ahead = (sequence - origin) & 0xFFFFFFFF
    return ahead - 0x100000000 if ahead & 0x80000000 else ahead

# cython: annotation_typing=False
"""TCP sequence numbers: a circle of 2**32 (RFC 9293 §3.4), on which only differences have a meaning."""

MASK = 0xFFFFFFFF

_MASK, _HALF, _CIRCLE = MASK, 1 << 31, 1 << 32


def distance(sequence: int, origin: int) -> int:
    """Octets from ``origin`` forward to ``sequence``; negative if backward is the shorter way round."""
    ahead = (sequence - origin) & _MASK
    return ahead - _CIRCLE if ahead & _HALF else ahead

"""Octets of which some are missing: pieces with their offsets, and windows on them."""

Pieces = tuple[tuple[int, bytes], ...]
"""Offset and octets, in order."""


def window(pieces: Pieces, start: int, stop: int) -> Pieces:
    """What there is of [start, stop), with offsets from ``start``."""
    found = []
    for offset, octets in pieces:
        begin, end = max(start, offset), min(stop, offset + len(octets))
        if begin < end:
            found.append((begin - start, octets[begin - offset : end - offset]))
    return tuple(found)


def head(pieces: Pieces, most: int) -> bytes:
    """The first octets, at most so many, up to the first loss."""
    return pieces[0][1][:most] if pieces and pieces[0][0] == 0 else b""

# cython: annotation_typing=False
"""The flows that one of several processes takes, where each of them reads the whole capture.

Takes where a segment comes from and goes to; tells whether it is of this share. Invariant: every flow is of
exactly one share, the same in every process and in both directions; and so are all flows of one client host, by
which what belongs together stays together: the client is the end whose port is no server's, and where both or
neither are, both addresses count, in no order.
"""

from reassembly.sequence import MASK

_ODD = 0x9E3779B1  # 2**32 divided by the golden ratio: multiplied by it, neighbours come to lie far apart (Knuth)
_MASK = MASK


class Share:
    """Number ``index``, from 0, of ``of`` shares."""

    __slots__ = ("_index", "_of", "_serves")

    def __init__(self, index: int, of: int, server_ports: frozenset[int]) -> None:
        if not 0 <= index < of:
            raise ValueError(f"there is no share {index} of {of}")
        self._index = index
        self._of = of
        serves = bytearray(1 << 16)
        for port in server_ports:
            serves[port] = 1
        self._serves = bytes(serves)

    def holds(self, octets: bytes, at: int, size: int) -> bool:
        """Whether a flow is of this share whose key begins ``at``, with addresses of ``size`` octets."""
        ports = at + 2 * size
        sender = self._serves[octets[ports] << 8 | octets[ports + 1]]
        receiver = self._serves[octets[ports + 2] << 8 | octets[ports + 3]]
        if sender == receiver:
            told = _mixed(octets, at, size) + _mixed(octets, at + size, size)
        else:
            told = _mixed(octets, at + size if sender else at, size)
        return (told & _MASK) % self._of == self._index


def _mixed(octets: bytes, at: int, size: int) -> int:
    """A number of 32 bits that tells little of the address it is made of."""
    told = 0
    for place in range(at, at + size, 4):
        word = octets[place] << 24 | octets[place + 1] << 16 | octets[place + 2] << 8 | octets[place + 3]
        told = ((told ^ word) * _ODD) & _MASK
        told = ((told ^ told >> 16) * _ODD) & _MASK
    return told ^ told >> 16

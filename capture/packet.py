"""The packet: what this package hands on.

A plain tuple, because one is made for every packet that passes the filter: no object graph on the hot path.
"""

from typing import NamedTuple


class Packet(NamedTuple):
    """One frame as the tap saw it."""

    time: int
    """Nanoseconds since 1970-01-01 UTC, from the capture, never from the wall clock."""
    octets: bytes
    """What was captured of the frame, from the first octet of its link header."""
    wire_length: int | None
    """Octets the frame had on the line; None where the source cannot tell (pypcap)."""
    link_type: int
    """LINKTYPE_ number of tcpdump.org's registry (1 is Ethernet)."""
    number: int
    """Position in its source, from 1, counted before any filter: the frame number that Wireshark shows."""
    source: str
    """The file as the user named it, ``-`` for standard input, or the interface."""

"""IPv6's extension headers, which say what follows and how long they are.

`LAYERS` says which reader goes on, by IP protocol; the fragment header is `headers.HeaderReader`'s. See
`reassembly.layers` for what a reader does.
"""

from collections.abc import Callable

from reassembly.layers import IP_PROTOCOL, MALFORMED, Frame


def _extension(frame: Frame) -> int:
    """A header of IPv6 that says what follows and how long it is, in eights beyond the first (RFC 8200 §4.2)."""
    return _skip(frame, 8, 1)


def _authentication(frame: Frame) -> int:
    """RFC 4302 §2.2: in fours, two of them not counted."""
    return _skip(frame, 4, 2)


def _routing(frame: Frame) -> int:
    """RFC 8200 §4.4. With stops left, checksums are summed over the last one, which is another address (§8.1)."""
    if frame.holds(8) and frame.octets[frame.at + 3]:
        frame.verify = False
    return _skip(frame, 8, 1)


def _skip(frame: Frame, unit: int, uncounted: int) -> int:
    if not frame.holds(8):
        return MALFORMED
    following = frame.octets[frame.at]
    frame.at += (frame.octets[frame.at + 1] + uncounted) * unit
    return IP_PROTOCOL + following


LAYERS: dict[int, Callable[[Frame], int]] = {
    IP_PROTOCOL + 0: _extension,  # hop-by-hop options
    IP_PROTOCOL + 43: _routing,
    IP_PROTOCOL + 51: _authentication,
    IP_PROTOCOL + 60: _extension,  # destination options
    IP_PROTOCOL + 135: _extension,  # mobility (RFC 6275 §6.1.1)
    IP_PROTOCOL + 139: _extension,  # host identity (RFC 7401 §5.1)
    IP_PROTOCOL + 140: _extension,  # shim6 (RFC 5533 §5.1)
}
"""What may stand between IP and TCP, by IP protocol (authentication in IPv4, too)."""

"""The BPF filter for TCP ports, as the link type allows it.

Takes port numbers and no protocol names; gives a function from link type to expression. ``tcp port N`` alone
misses tagged frames, later IPv4 fragments and everything behind an IPv6 extension header, so these pass too and
are sorted out above: better some frames too many than one message lost.

The expression is built from octets counted from the beginning of the frame (``link[12:2]``), by one function for
each header that may come next. The keywords would read better and do less: ``vlan``, ``mpls`` and ``pppoes``
shift the offsets of all that follows them, parentheses or not, so that of these alternatives one could be had;
``vlan`` compiles on Ethernet only; ``ip6`` on a loopback capture knows the address family of this system only.
Where the kernel takes the outer tag off a live frame before it filters, the frame passes as one with a tag less.

Kernels before 6.7 have little room for programs (``net.core.optmem_max``), and libpcap puts what they refuse behind
its buffer, which all traffic then fills. A load costs much of it, a comparison little: 348 instructions for one
port on Ethernet take 12 of the 20 KiB, 1,347 for 25 ports 19.5, and 979 with tunnels find no room. So what is rare
passes unseen: MPLS in a VLAN, and SNAP.
"""

from collections.abc import Callable, Iterable
from typing import Final

from capture.source import FilterFor

TUNNEL_PORTS: Final = (
    2152,  # GTP-U, 3GPP TS 29.281, 4.4.2.3
    4789,  # VXLAN, RFC 7348, 5
    4790,  # VXLAN with another header, draft-ietf-nvo3-vxlan-gpe
    6081,  # Geneve, RFC 8926, 3.3
    6635,  # MPLS in UDP, RFC 7510, 3
    8472,  # VXLAN before it had a number, and still Linux' default
    37008,  # TZSP
)
"""UDP ports of the tunnels that are read."""
TUNNEL_PROTOCOLS: Final = (
    4,  # IPv4 in IP, RFC 2003
    41,  # IPv6 in IP, RFC 4213
    47,  # GRE, RFC 2784, and in it ERSPAN
    137,  # MPLS in IP, RFC 4023
)
"""IP protocol numbers of the tunnels that are read."""
MOST_TAGS: Final = 2
"""802.1Q and 802.1ad tags of a frame that are looked behind; what stands behind more of them is refused."""
MOST_PORTS_LIVE: Final = 24
"""Ports of a filter that grows while a line is read; beyond, all TCP passes.

Kernels before 6.7 have room for 25 on Ethernet (and with ``tunnels`` for none). libpcap, which compares the
instructions with each other, makes a filter for so many in 80 ms; for 64 it takes half a second.
"""
MOST_LABELS: Final = 2
"""MPLS labels that are looked behind; what stands behind more of them passes unseen."""

# libpcap does not look behind an extension header, RFC 8200, 4: hop-by-hop options, routing, fragment,
# authentication (RFC 4302), destination options, mobility (RFC 6275), host identity (RFC 7401), shim6 (RFC 5533).
_EXTENSION_HEADERS: Final = (0, 43, 44, 51, 60, 135, 139, 140)
_TAGS: Final = (0x8100, 0x88A8, 0x9100, 0x9200)
_IP: Final = (0x0800, 0x86DD)
_MPLS: Final = (0x8847, 0x8848)  # RFC 5332, 5
_IP_OVER_PPP: Final = (0x0021, 0x0057)


def filter_for_ports(ports: Iterable[int], tunnels: bool = False, every_port: bool = False) -> FilterFor:
    """The default filter: TCP to or from ``ports``, over IPv4 and IPv6, tagged or not, fragments included.

    On a link type of which :mod:`reassembly` knows nothing it is ``tcp port N`` alone.

    Args:
        ports: TCP port numbers.
        tunnels: let all GRE, IP in IP, VXLAN, Geneve, GTP-U and TZSP pass too, whatever is in them: on a busy
            line that may be much.
        every_port: let all TCP pass, whatever the ports; it is a shorter program than that for one port.

    Raises:
        ValueError: no port, or one outside 1 … 65535.
    """
    wanted = sorted(set(ports))
    if not (wanted or every_port) or not all(1 <= port <= 65535 for port in wanted):
        raise ValueError(f"TCP ports from 1 to 65535 are needed, not {wanted}")
    headers = _Headers(None if every_port else wanted, tunnels)
    places: dict[int, Callable[[], str]] = {
        0: lambda: headers.ip(4),  # null: address family in the byte order of whoever captured
        1: headers.ethernet,
        9: headers.ppp_frame,  # PPP
        50: headers.ppp_frame,  # PPP or Cisco HDLC, RFC 1547, 4.3.1
        51: lambda: headers.pppoe(0),  # PPPoE
        101: lambda: headers.ip(0),  # raw IP
        108: lambda: headers.ip(4),  # loop: address family in network order
        113: lambda: headers.network(14, 16),  # Linux cooked, version 1
        228: lambda: headers.ip(0),  # raw IPv4
        229: lambda: headers.ip(0),  # raw IPv6
        204: lambda: headers.ppp_frame(1),  # PPP behind an octet that tells the direction
        276: lambda: headers.network(0, 20),  # Linux cooked, version 2
    }
    places[12] = places[14] = places[101]  # the systems' own numbers for it
    places[104] = places[50]  # Cisco HDLC or PPP

    def expression(link_type: int) -> str:
        """For one LINKTYPE_ number."""
        place = places.get(link_type)
        if place:
            return place()
        return "tcp" if every_port else _any("tcp port {}", wanted)

    return expression


def growing_filter_for_ports(ports: Iterable[int], tunnels: bool = False) -> FilterFor:
    """The same for a line that is being read: with more ports than MOST_PORTS_LIVE, all TCP passes."""
    wanted = set(ports)
    return filter_for_ports(wanted, tunnels, every_port=len(wanted) > MOST_PORTS_LIVE)


def filter_by_expression(text: str) -> FilterFor:
    """A user's own BPF expression in place of the default, the same for every link type."""
    return lambda _link_type: text


def _any(test: str, values: Iterable[int]) -> str:
    """True where the test holds for one of the values."""
    return "(" + " or ".join(test.format(value) for value in values) + ")"


class _Headers:
    """Expressions, one for each header, that say whether what begins at an octet of the frame is wanted."""

    def __init__(self, ports: list[int] | None, tunnels: bool) -> None:
        self._ports = ports  # None: all
        self._tunnels = tunnels

    def ethernet(self) -> str:
        """Nearly every frame holds IPv4 without options: then no other test is made, which halves what it costs.

        Only where tunnels make the program too long for older kernels anyway.
        """
        if not self._tunnels:
            return self.network(12, 14)
        common = f"(link[12:2] = {0x0800} and link[14] = 0x45)"
        return f"(({common} and {self._ip4(14, '34')}) or (not {common} and {self.network(12, 14)}))"

    def network(self, kind: int, at: int, tags: int = MOST_TAGS) -> str:
        """What the ethertype at ``kind`` says begins ``at``."""
        choices = [
            _any(f"link[{kind}:2] = {{}}", _IP) + f" and {self.ip(at)}",
            _any(f"link[{kind}:2] = {{}}", _MPLS) + (f" and {self.mpls(at)}" if tags == MOST_TAGS else ""),
            f"link[{kind}:2] = {0x8864} and {self.pppoe(at)}",
            # IEEE 802.3 with a length instead, then 802.2 and SNAP (RFC 1042), where nobody speaks TCP any more.
            f"link[{kind}:2] < 0x600 and link[{at}:4] = 0xaaaa0300",
        ]
        if tags:
            # IEEE 802.1Q, 9.6: two octets of priority and VLAN, then the next ethertype.
            tagged = self.network(at + 2, at + 4, tags - 1)
            choices.append(_any(f"link[{kind}:2] = {{}}", _TAGS) + f" and {tagged}")
        return "(" + " or ".join(f"({choice})" for choice in choices) + ")"

    def mpls(self, at: int, labels: int = MOST_LABELS) -> str:
        """Behind the label with the bottom bit (RFC 3032, 2.1); what is neither IP version is let pass."""
        if not labels:
            return f"link[{at}] >= 0"  # is there
        behind = at + 4
        version = f"link[{behind}] & 0xf0"
        bottom = f"({self.ip(behind)} or ({version} != 0x40 and {version} != 0x60))"
        last = f"link[{at + 2}] & 1"
        return f"(({last} = 1 and {bottom}) or ({last} = 0 and {self.mpls(behind, labels - 1)}))"

    def ppp_frame(self, at: int = 0) -> str:
        """PPP with or without its address and control octets (RFC 1661, 6.6), and Cisco HDLC."""
        cisco = f"{_any(f'link[{at}:2] = {{}}', (0x0F00, 0x8F00))} and {self.network(at + 2, at + 4, tags=0)}"
        return f"((link[{at}:2] = 0xff03 and {self.ppp(at + 2)}) or ({cisco}) or {self.ppp(at)})"

    def pppoe(self, at: int) -> str:
        """RFC 2516, 4: six octets, then PPP's protocol field, which 7 there asks not to compress."""
        return f"({_any(f'link[{at + 6}:2] = {{}}', _IP_OVER_PPP)} and {self.ip(at + 8)})"

    def ppp(self, kind: int) -> str:
        """PPP's protocol field at ``kind``, in two octets or compressed to one (RFC 1661, 6.5)."""
        return (
            f"(({_any(f'link[{kind}:2] = {{}}', _IP_OVER_PPP)} and {self.ip(kind + 2)})"
            f" or ({_any(f'link[{kind}] = {{}}', _IP_OVER_PPP)} and {self.ip(kind + 1)})"
            f" or ({_any(f'link[{kind}:2] = {{}}', (0x0281, 0x0283))} and {self.mpls(kind + 2)}))"
        )

    def ip(self, at: int) -> str:
        """An IP header of either version."""
        return f"((link[{at}] & 0xf0 = 0x40 and {self._ip4(at)}) or (link[{at}] & 0xf0 = 0x60 and {self._ip6(at)}))"

    def _ip4(self, at: int, payload: str = "") -> str:
        """RFC 791, 3.1: header length in units of 4 octets; the fragment offset is the low 13 bits at octet 6."""
        protocol, payload = f"link[{at + 9}]", payload or f"{at} + ((link[{at}] & 0xf) << 2)"
        # Only the first fragment holds the ports.
        later = f"link[{at + 6}:2] & 0x1fff != 0"
        tcp = f"{protocol} = 6"
        choices = [tcp if self._ports is None else f"({tcp} and ({later} or {self._on(payload, self._ports)}))"]
        if self._tunnels:
            choices.append(_any(f"{protocol} = {{}}", TUNNEL_PROTOCOLS))
            choices.append(f"({protocol} = 17 and ({later} or {self._on(payload, TUNNEL_PORTS)}))")
        return "(" + " or ".join(choices) + ")"

    def _ip6(self, at: int) -> str:
        """RFC 8200, 3: Next Header is octet 6 of 40."""
        following, payload = f"link[{at + 6}]", f"{at + 40}"
        tcp = f"{following} = 6"
        choices = [
            tcp if self._ports is None else f"({tcp} and {self._on(payload, self._ports)})",
            _any(f"{following} = {{}}", _EXTENSION_HEADERS),
        ]
        if self._tunnels:
            choices.append(_any(f"{following} = {{}}", TUNNEL_PROTOCOLS))
            choices.append(f"({following} = 17 and {self._on(payload, TUNNEL_PORTS)})")
        return "(" + " or ".join(choices) + ")"

    def _on(self, payload: str, ports: Iterable[int]) -> str:
        """Source or destination port (RFC 9293, 3.1; RFC 768)."""
        return _any(f"link[{payload} : 2] = {{0}} or link[{payload} + 2 : 2] = {{0}}", ports)

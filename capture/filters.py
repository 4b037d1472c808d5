"""The BPF filter for TCP ports, as the link type allows it.

Takes port numbers and no protocol names; gives a function from link type to expression. ``tcp port N`` alone
misses tagged frames, later IPv4 fragments and everything behind an IPv6 extension header, so these pass too and
are sorted out above: better some frames too many than one message lost.
"""

from collections.abc import Iterable
from typing import Final

from capture.source import FilterFor

LINKTYPE_ETHERNET: Final = 1

# Only the first fragment holds the ports: RFC 791, 3.1, the fragment offset is the low 13 bits at octet 6.
_LATER_FRAGMENT: Final = "(ip proto 6 and ip[6:2] & 0x1fff != 0)"
# libpcap does not look behind an extension header. RFC 8200, 4: Next Header is octet 6; 0 hop-by-hop options, 43
# routing, 44 fragment, 60 destination options.
_EXTENSION_HEADER: Final = "(ip6 and (ip6[6] = 0 or ip6[6] = 43 or ip6[6] = 44 or ip6[6] = 60))"


def filter_for_ports(ports: Iterable[int]) -> FilterFor:
    """The default filter: TCP to or from ``ports``, over IPv4 and IPv6, tagged or not, fragments included.

    Raises:
        ValueError: no port, or one outside 1 … 65535.
    """
    wanted = sorted(set(ports))
    if not wanted or not all(1 <= port <= 65535 for port in wanted):
        raise ValueError(f"TCP ports from 1 to 65535 are needed, not {wanted}")
    tcp = " or ".join(f"tcp port {port}" for port in wanted)
    inner = f"({tcp}) or {_LATER_FRAGMENT} or {_EXTENSION_HEADER}"

    def expression(link_type: int) -> str:
        """For one LINKTYPE_ number."""
        if link_type != LINKTYPE_ETHERNET:
            return inner  # ``vlan`` compiles on Ethernet only
        # Clauses for tunnels belong here, before the first ``vlan``: it shifts the offsets of everything after
        # it, parentheses or not. The second ``vlan`` is for stacked tags (802.1ad).
        return f"{inner} or (vlan and ({inner} or (vlan and ({inner}))))"

    return expression


def filter_by_expression(text: str) -> FilterFor:
    """A user's own BPF expression in place of the default, the same for every link type."""
    return lambda _link_type: text

"""Interfaces and their addresses as the kernel tells them: rtnetlink(7), read only.

Takes nothing; gives plain values. By socket, not from ``/sys``, which is mounted for one network namespace and
shows another one's interfaces in containers. Nothing is changed and nothing leaves the machine.
"""

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_REQUEST_DUMP: Final = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_DONE, _ERROR = 3, 2  # NLMSG_DONE, NLMSG_ERROR
_NEWLINK, _GETLINK, _NEWADDR, _GETADDR = 16, 18, 20, 22
_NAME, _MTU, _MASTER, _LINKINFO, _STATS64, _CARRIER = 3, 4, 10, 18, 23, 33  # IFLA_
_KIND: Final = 1  # IFLA_INFO_KIND
_ADDRESS, _LOCAL = 1, 2  # IFA_
_MESSAGE_OCTETS: Final = 65_536

UP, PROMISCUOUS, NO_ARP, MULTICAST, LOOPBACK = 0x1, 0x100, 0x80, 0x1000, 0x8
"""Flags of an interface, netdevice(7)."""

# struct rtnl_link_stats64; those that somebody asks for, in the kernel's order.
_COUNTERS: Final = (
    "rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_errors", "tx_errors", "rx_dropped", "tx_dropped",
    "multicast", "collisions", "rx_length_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors",
    "rx_fifo_errors", "rx_missed_errors",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """One interface."""

    index: int
    name: str
    hardware: int
    """ARPHRD_ number; 1 is Ethernet."""
    flags: int
    mtu: int
    carrier: bool
    master: int | None
    """Index of the bridge or bond that it belongs to."""
    kind: str | None
    """``bridge``, ``veth``, ``vlan`` …; None for hardware."""
    counters: dict[str, int]


def links() -> list[Link]:
    """All interfaces of this network namespace."""
    out = []
    for body in _dump(_GETLINK, _NEWLINK):
        hardware, index, flags = struct.unpack_from("=2xHiI", body)
        found = dict(_attributes(body[16:]))
        master = found.get(_MASTER)
        kind = dict(_attributes(found.get(_LINKINFO, b""))).get(_KIND)
        stats = found.get(_STATS64, b"")[: 8 * len(_COUNTERS)]
        out.append(
            Link(
                index=index,
                name=found[_NAME].rstrip(b"\0").decode(errors="replace"),
                hardware=hardware,
                flags=flags,
                mtu=_number(found.get(_MTU)),
                carrier=bool(found.get(_CARRIER, b"\1")[0]),
                master=_number(master) if master else None,
                kind=kind.rstrip(b"\0").decode(errors="replace") if kind else None,
                counters=dict(zip(_COUNTERS, struct.unpack(f"={len(stats) // 8}Q", stats), strict=False)),
            )
        )
    return out


def addresses(index: int) -> list[str]:
    """The addresses of an interface, with their prefix length."""
    out = []
    for body in _dump(_GETADDR, _NEWADDR):
        family, prefix, number = struct.unpack_from("=BB2xI", body)
        found = dict(_attributes(body[8:]))
        octets = found.get(_LOCAL) or found.get(_ADDRESS)
        if number == index and octets and family in (socket.AF_INET, socket.AF_INET6):
            out.append(f"{socket.inet_ntop(family, octets)}/{prefix}")
    return out


def _number(octets: bytes | None) -> int:
    return int.from_bytes(octets, "little" if struct.pack("=H", 1)[0] else "big") if octets else 0


def _dump(asked: int, told: int) -> Iterator[bytes]:
    """The bodies of all messages that answer a question."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.send(struct.pack("=IHHIIB7x", 24, asked, _REQUEST_DUMP, 1, 0, socket.AF_UNSPEC))
        while True:
            answer = kernel.recv(_MESSAGE_OCTETS)
            while answer:
                length, kind = struct.unpack_from("=IH", answer)
                if kind in (_DONE, _ERROR):
                    return
                if kind == told:
                    yield answer[16:length]
                answer = answer[(length + 3) & ~3 :]


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    while len(octets) >= 4:
        length, kind = struct.unpack_from("=HH", octets)
        if length < 4:
            return
        yield kind & 0x3FFF, octets[4:length]  # without NLA_F_NESTED and NLA_F_NET_BYTEORDER
        octets = octets[(length + 3) & ~3 :]

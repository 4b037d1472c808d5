"""An interface as a tap: does it hear all, does it keep silent, does the card change what it hears.

Takes a name; gives its state as the kernel tells it (`state_of`), and what is to be said of that (`examine`). Only
Linux is asked: elsewhere there is no such thing as its netlink and ethtool.
"""

import ctypes
import fcntl
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from capture.errors import NoSuchInterface
from capture.interfaces import describe_interfaces
from rcds_sniffer.doctor import netlink
from rcds_sniffer.doctor.finding import Finding, error, fine, hint, warning

_SIOCETHTOOL: Final = 0x8946
_SIOCGIWNAME: Final = 0x8B01  # linux/wireless.h: answers for Wi-Fi only
_GFLAGS, _GGRO = 0x25, 0x2B  # linux/ethtool.h
_RX_VLAN, _LRO = 1 << 8, 1 << 15  # ETH_FLAG_
_ETHERNET: Final = 1

PLAIN_MTU: Final = 1500
"""Octets. Cards take four more for one tag; what is longer many refuse and count as an error of length."""

LOSSES: Final = {
    "rx_missed_errors": "the card had no room for",
    "rx_fifo_errors": "overran the card's buffer",
    "rx_over_errors": "overran the receiver",
    "rx_length_errors": "were longer than the interface takes",
    "rx_crc_errors": "had a wrong check sum on the line",
    "rx_frame_errors": "were misaligned on the line",
}
"""Counters of frames that came and were not handed on, and what they tell. ``rx_dropped`` is none of them: it
counts what no protocol on this machine wanted."""


@dataclass(frozen=True, slots=True)
class State:
    """What an interface is set to."""

    name: str
    up: bool
    carrier: bool
    ethernet: bool
    loopback: bool
    wireless: bool
    arp: bool
    multicast: bool
    ipv6: bool
    """The kernel speaks IPv6 on it."""
    mtu: int
    master: str | None
    """``bridge br0``: what it is part of."""
    addresses: tuple[str, ...]
    gro: bool | None
    """The kernel merges segments; None where it cannot be told. The next two are the card's."""
    lro: bool | None
    rx_vlan: bool | None
    """VLAN tags are taken off."""
    counters: dict[str, int]


def state_of(name: str) -> State:
    """Ask the kernel.

    Raises:
        NoSuchInterface: the message has the list of those that there are.
    """
    links = {link.index: link for link in netlink.links()}
    link = next((link for link in links.values() if link.name == name), None)
    if link is None:
        raise NoSuchInterface(f"{name}: there is no such interface ({describe_interfaces()})")
    master = links.get(link.master) if link.master is not None else None
    flags = _ethtool(name, _GFLAGS)
    gro = _ethtool(name, _GGRO)
    return State(
        name=name,
        up=bool(link.flags & netlink.UP),
        carrier=link.carrier,
        ethernet=link.hardware == _ETHERNET,
        loopback=bool(link.flags & netlink.LOOPBACK),
        wireless=_answers(name, _SIOCGIWNAME),
        arp=not link.flags & netlink.NO_ARP,
        multicast=bool(link.flags & netlink.MULTICAST),
        ipv6=_speaks_ipv6(name),
        mtu=link.mtu,
        master=f"{master.kind or 'interface'} {master.name}" if master else None,
        addresses=tuple(netlink.addresses(link.index)),
        gro=None if gro is None else bool(gro),
        lro=None if flags is None else bool(flags & _LRO),
        rx_vlan=None if flags is None else bool(flags & _RX_VLAN),
        counters=link.counters,
    )


def _speaks_ipv6(name: str) -> bool:
    setting = Path("/proc/sys/net/ipv6/conf", name, "disable_ipv6")
    try:
        return setting.read_text().strip() == "0"
    except OSError:
        return False  # the kernel has no IPv6


def _ethtool(name: str, command: int) -> int | None:
    """One value of ETHTOOL_; None where the driver does not tell."""
    value = ctypes.create_string_buffer(struct.pack("=II", command, 0), 8)
    request = struct.pack("16sP16x", name.encode(), ctypes.addressof(value))
    if not _answers(name, _SIOCETHTOOL, request):
        return None
    number: int = struct.unpack_from("=I", value.raw, 4)[0]
    return number


def _answers(name: str, request: int, octets: bytes | None = None) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            fcntl.ioctl(any_socket, request, octets or struct.pack("16s24x", name.encode()))
        except OSError:
            return False
    return True


def examine(state: State) -> Iterator[Finding]:
    """What is to be said of an interface before anything is heard on it.

    Who follows it from top to bottom silences the interface before bringing it up.
    """
    yield from _keeps_silent(state)
    yield from _changes_nothing(state)
    yield from _hears(state)


def _hears(state: State) -> Iterator[Finding]:
    name = state.name
    if not state.up:
        yield error("up", "the interface is down: nothing is heard", f"ip link set dev {name} up")
    elif not state.carrier:
        yield error(
            "up", "up, without carrier: no line is plugged in, or its other end is off", "look at the cable"
        )
    else:
        yield fine("up", "up, with carrier")
    if state.wireless:
        mend = "use a wired mirror port, or an interface in monitor mode"
        yield warning("promiscuous", "Wi-Fi: it hears only what is addressed to itself", mend)
    elif state.loopback:
        yield hint("promiscuous", "the loopback interface: it hears only this machine itself")
    elif not state.ethernet:
        yield hint("promiscuous", "no Ethernet: there is nothing else to hear than what comes to it")
    else:
        yield fine("promiscuous", "can hear what is addressed to others")
    if state.master:
        mend = f"ip link set dev {name} nomaster"
        yield warning("master", f"it is part of {state.master}, which sends and takes frames by it", mend)
    if not state.loopback and state.mtu < PLAIN_MTU:
        mend = f"ip link set dev {name} mtu 9000"
        yield warning("mtu", f"the MTU is {state.mtu:,}: full frames may be refused", mend)
    elif state.mtu <= PLAIN_MTU:
        seen = f"the MTU is {state.mtu:,}: stacked tags, tunnels and jumbo frames may be refused by the card"
        yield hint("mtu", seen, f"ip link set dev {name} mtu 9000")
    else:
        yield fine("mtu", f"the MTU is {state.mtu:,}: tagged and tunnelled frames have room")


def _keeps_silent(state: State) -> Iterator[Finding]:
    name = state.name
    if state.loopback:
        return
    if state.addresses:
        seen = f"it has {_listed(state.addresses)}: the kernel answers and sends by it"
        yield warning("addresses", seen, f"if nothing else uses it: ip addr flush dev {name}")
    else:
        yield fine("addresses", "no address")
    if state.ipv6:
        seen = "IPv6 is on: the kernel sends router solicitations and multicast reports"
        yield warning("ipv6", seen, f"sysctl -w net.ipv6.conf.{name.replace('.', '/')}.disable_ipv6=1")
    else:
        yield fine("ipv6", "IPv6 is off")
    if state.arp:
        seen = "ARP is on: the kernel answers for the addresses of its other interfaces, too"
        yield warning("arp", seen, f"ip link set dev {name} arp off multicast off")
    else:
        yield fine("arp", "ARP is off")
    if state.multicast and not state.arp:
        yield hint(
            "multicast", "multicast is on: programs may join groups on it", f"ip link set dev {name} multicast off"
        )


def _changes_nothing(state: State) -> Iterator[Finding]:
    on = [kind for kind, value in (("gro", state.gro), ("lro", state.lro), ("rxvlan", state.rx_vlan)) if value]
    if not on:
        yield fine("offloads", "no offload merges segments or strips tags")
        return
    merges = [kind.upper() for kind in on if kind != "rxvlan"]
    told = []
    if merges:
        told.append(f"{' and '.join(merges)} on: segments are merged, and get one time")
    if "rxvlan" in on:
        told.append("VLAN offload on: the card takes the outer tag off, and libpcap puts it back")
    mend = f"ethtool -K {state.name} " + " ".join(f"{kind} off" for kind in on)
    # LRO rewrites headers, so that frames cannot be told as they were (Linux, Documentation/networking).
    say = warning if "lro" in on else hint
    yield say("offloads", "; ".join(told), mend)


def compare(before: State, after: State, seconds: float) -> Iterator[Finding]:
    """What an interface's own counters say of the time between two looks."""
    grown = {name: after.counters.get(name, 0) - count for name, count in before.counters.items()}
    sent = grown.get("tx_packets", 0)
    if not before.loopback:
        if sent:
            seen = f"the kernel sent {sent:,} packets by it in {seconds:.0f} s: the sensor can be seen"
            yield warning("sends", seen, "silence it: see addresses, ipv6, arp above; then stop what else uses it")
        else:
            yield fine("sends", f"nothing was sent by it in {seconds:.0f} s")
    lost = [f"{grown[name]:,} {what}" for name, what in LOSSES.items() if grown.get(name, 0) > 0]
    if lost:
        mend = "a longer ring (ethtool -G), a larger MTU, a better line or card, as the reason says"
        yield warning("card", "frames were lost in the card: " + "; ".join(lost), mend)
    else:
        yield fine("card", "no frame was lost in the card")


def _listed(items: Iterable[str]) -> str:
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last

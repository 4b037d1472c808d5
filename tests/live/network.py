"""Hosts, a hub, a switch with mirror ports, and sensors behind them.

    server ── hub ── uplink │ switch │ ── alice, bob, carol, …
               │                │
            a sensor        mirror ports ── sensors

The switch is a bridge of the kernel; what passes its uplink is everything between clients and servers. A mirror
port is a veth pair to a sensor's namespace, and ``tc … mirred`` copies to it what enters (ingress) and leaves
(egress) a port, as a SPAN session does. The hub is a bridge that learns nothing and so sends everything everywhere.
An optical tap is two mirror ports, one direction each. Mirror ports take frames of any size: the hosts leave
segmentation to their cards, as hosts do, so frames larger than the MTU and with unfinished checksums pass here.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

from .namespaces import Namespace, command

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVERS = {"dispatch": 10, "notification": 20, "switchboard": 30, "second switchboard": 31}
"""Last octet of the address of each server; 198.51.100.0/24 and 2001:db8:1::/64 are for documentation."""
HOSTS = ("one", "two", "three", "four")
LARGEST = 65535
"""MTU of the mirror ports, the largest that a veth has."""
JOINED = 16000
"""Octets to which a client's host may join segments; small enough for a tunnel header to fit around them."""


class Network:
    """The whole of it; a context manager that leaves nothing behind."""

    def __init__(self) -> None:
        self._cleanup = contextlib.ExitStack()
        self._numbers = itertools.count(1)
        self.hosts: dict[str, Namespace] = {}
        try:
            self.switch = self._namespace("switch")
            self._make_switch()
            self.server = self._namespace("server")
            self._make_server()
            for number, name in enumerate(HOSTS, 1):
                self.hosts[name] = self._namespace(name)
                self._make_host(name, number)
        except BaseException:
            self._cleanup.close()
            raise

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *exception: object) -> None:
        self._cleanup.close()

    def _namespace(self, role: str) -> Namespace:
        made = Namespace(role)
        self._cleanup.callback(made.remove)
        return made

    def _make_switch(self) -> None:
        self.switch.set(ipv6__conf__default__disable_ipv6=1)
        self.switch.ip(
            "link add switch up type bridge mcast_snooping 0",
            "link add hub up type bridge mcast_snooping 0 ageing_time 0",
            "link add uplink up type veth peer name crossing",
            "link set uplink master switch",
            "link set crossing up master hub",
        )
        self.switch.tc("qdisc add dev uplink clsact")

    def _make_server(self) -> None:
        name = self.server.name
        self.switch.ip(f"link add server up type veth peer name eth0 netns {name}", "link set server master hub")
        lines = ["link set eth0 up gso_max_segs 1", "route add 192.0.2.0/24 dev eth0"]
        for number in SERVERS.values():
            lines.append(f"addr add 198.51.100.{number}/24 dev eth0")
            lines.append(f"addr add 2001:db8:1::{number}/48 dev eth0 nodad")
        self.server.ip(*lines[:1], *lines[2:], lines[1])

    def _make_host(self, name: str, number: int) -> None:
        host = self.hosts[name]
        self.switch.ip(f"link add {name} up type veth peer name eth0 netns {host.name}")
        self.switch.ip(f"link set {name} master switch")
        self.switch.tc(f"qdisc add dev {name} clsact")
        host.ip(
            f"link set eth0 up gso_max_size {JOINED}",
            f"addr add 192.0.2.{number}/24 dev eth0",
            f"addr add 2001:db8:1:1::{number}/48 dev eth0 nodad",
            "route add 198.51.100.0/24 dev eth0",
        )

    # Where sensors stand.

    def sensor(self, role: str, interfaces: Iterable[str] = ("tap0",)) -> Namespace:
        """A sensor's namespace with silent interfaces, each the far end of a mirror port: :meth:`port` names it."""
        made = self._namespace(role)
        made.set(ipv6__conf__default__disable_ipv6=1)
        for interface in interfaces:
            port = self.port(made, interface)
            ends = f"{port} mtu {LARGEST} type veth peer name {interface} mtu {LARGEST} netns {made.name}"
            self.switch.ip(f"link add {ends}", f"link set {port} up arp off multicast off")
            made.set(**{f"ipv6__conf__{interface}__disable_ipv6": 1})
            made.ip(f"link set {interface} up arp off multicast off")
        return made

    @staticmethod
    def port(sensor: Namespace, interface: str = "tap0") -> str:
        """The mirror port of the switch that an interface of a sensor is connected to."""
        return f"{sensor.name.rpartition('-')[2][:10]}-{interface[-4:]}"

    def inner_port(self, name: str) -> str:
        """A mirror port that ends in the switch's own namespace, for ``mirror`` to read from; the end's name."""
        self.switch.ip(
            f"link add {name} mtu {LARGEST} type veth peer name {name}-in mtu {LARGEST}",
            f"link set {name} up arp off multicast off",
            f"link set {name}-in up arp off multicast off",
        )
        return f"{name}-in"

    def mirrors(self, port: str, *, source: str = "uplink", ways: Iterable[str] = ("ingress", "egress")) -> None:
        """From now on ``port`` gets a copy of what passes ``source``, another port of the switch."""
        for way in ways:
            everything = f"protocol all prio {next(self._numbers)} u32 match u32 0 0"
            action = f"action mirred egress mirror dev {port} continue"
            self.switch.tc(f"filter add dev {source} {way} {everything} {action}")

    def plugs_into_hub(self, port: str) -> None:
        """``port`` becomes one of the hub's, which hears everything."""
        self.switch.ip(f"link set {port} master hub")

    def carries_in_vxlan(self, sensor: Namespace, name: str = "vxlan0") -> str:
        """The kernel wraps what is mirrored to the port ``name`` in VXLAN, addressed to the sensor's interface.

        The sensor has no address and answers no ARP: its MAC address is told to the switch by hand.
        """
        port = self.port(sensor)
        mac = command("ip", "netns", "exec", sensor.name, "cat", "/sys/class/net/tap0/address").strip()
        self.switch.ip(
            f"addr add 203.0.113.1/24 dev {port}",
            f"neigh add 203.0.113.2 lladdr {mac} dev {port} nud permanent",
            f"link add {name} up mtu {LARGEST - 50} arp off multicast off type vxlan id 77 dev {port} "
            "local 203.0.113.1 remote 203.0.113.2 dstport 4789 nolearning",
        )
        return name

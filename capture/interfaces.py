"""The network interfaces of this machine, asked of the kernel.

Takes nothing; gives names and whether they are up. By socket calls, not from ``/sys``: that is mounted for one
network namespace and shows another one's interfaces in containers.
"""

import fcntl
import socket
import struct
from typing import Final

ANY: Final = "any"
"""libpcap's name for all interfaces at once."""

_SIOCGIFFLAGS: Final = 0x8913  # netdevice(7)
_IFF_UP: Final = 1


def is_up(name: str) -> bool | None:
    """Whether the interface is up (``ip link set NAME up``); None if there is none of this name."""
    if name == ANY:
        return True
    if name not in interface_names():  # the call below takes "eth0:1" and "eth0\0" for eth0
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as any_socket:
        try:
            answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, struct.pack("16s24x", name.encode()))
        except OSError:  # gone meanwhile
            return None
    flags: int = struct.unpack_from("H", answer, 16)[0]
    return bool(flags & _IFF_UP)


def interface_names() -> list[str]:
    """All there are, ``any`` not among them."""
    return [name for _, name in socket.if_nameindex()]


def describe_interfaces() -> str:
    """For an error message: which are up, which are down."""
    names = sorted(interface_names())
    up = [name for name in names if is_up(name)]
    down = [name for name in names if name not in up]
    told = f"up: {', '.join(up) or 'none'}"
    return told + (f"; down: {', '.join(down)}" if down else "")

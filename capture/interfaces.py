"""The network interfaces of this machine, asked of the kernel.

Takes nothing; gives names and whether they are up. By socket calls, not from ``/sys``: that is mounted for one
network namespace and shows another one's interfaces in containers.
"""

import contextlib
import fcntl
import socket
import struct
from typing import Final

ANY: Final = "any"
"""libpcap's name for all interfaces at once."""

_SIOCGIFNAME: Final = 0x8910  # netdevice(7)
_SIOCGIFFLAGS: Final = 0x8913
_SIOCGIFINDEX: Final = 0x8933
_IFF_UP: Final = 1


def mute_socket() -> socket.socket:
    """A socket to ask the kernel by, through which nobody is ever spoken to: whoever takes over a process without
    rights may not write to those who listen to everybody, as the system's log does."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.shutdown(socket.SHUT_WR)
    return made


class Asker:
    """Asks of interfaces by one socket, as long as it lasts: who has given up the right to make another goes on."""

    def __init__(self) -> None:
        self._socket = mute_socket()

    def is_up(self, name: str) -> bool | None:
        """See :func:`is_up`; of the network namespace in which this was made."""
        if name == ANY:
            return True
        try:
            wanted = name.encode()
            (index,) = struct.unpack_from("i", self._ask(_SIOCGIFINDEX, wanted), 16)
            # The kernel takes "eth0:1", and other names that an interface has, for eth0.
            if self._ask(_SIOCGIFNAME, b"", index)[:16].partition(b"\0")[0] != wanted:
                return None
            (flags,) = struct.unpack_from("H", self._ask(_SIOCGIFFLAGS, wanted), 16)
        except (OSError, ValueError):  # there is none, or it went meanwhile; no name has a lone surrogate
            return None
        return bool(flags & _IFF_UP)

    def _ask(self, question: int, name: bytes, number: int = 0) -> bytes:
        return fcntl.ioctl(self._socket, question, struct.pack("=16si20x", name, number))

    def close(self) -> None:
        """Give back the socket."""
        self._socket.close()


def is_up(name: str) -> bool | None:
    """Whether the interface is up (``ip link set NAME up``); None if there is none of this name."""
    with contextlib.closing(Asker()) as asker:
        return asker.is_up(name)


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

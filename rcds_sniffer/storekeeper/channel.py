"""A channel: JSON values over a socket between two processes of one run, each ahead of its length.

JSON and no more: the other side may have been taken over, and plain values of bounded size can do nothing. What
cannot be read ends the channel.
"""

import contextlib
import json
import socket
from typing import Any, Final

MAX_OCTETS: Final = 256 << 20
"""Of one message; a longer one ends the channel. A batch of records is far below."""

LENGTH_OCTETS: Final = 4

PIECE: Final = 1 << 20
"""Octets that are read at a time."""


class ChannelError(Exception):
    """What came is no message."""


class Channel:
    """One end."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._begun = bytearray()
        """Of a message that did not come whole yet."""
        self.ended = False
        """:meth:`arrived` came to the end of the channel."""

    def fileno(self) -> int:
        """Of the socket, to wait for it."""
        return self._socket.fileno()

    def close(self) -> None:
        """The other side gets the end of the channel."""
        self._socket.close()

    def shut(self) -> None:
        """The same at once, also for a thread that waits in :meth:`send`."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def send(self, value: Any) -> None:
        """Send one value; waits while the other side does not read. Raises OSError where it is gone."""
        octets = json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str).encode("ascii")
        self._socket.sendall(len(octets).to_bytes(LENGTH_OCTETS, "big") + octets)

    def receive(self) -> Any:
        """The next value; None at the end of the channel.

        Raises:
            ChannelError: what came is no message.
        """
        head = self._read(LENGTH_OCTETS)
        if head is None:
            return None
        octets = self._read(_length(head))
        return None if octets is None else _value(octets)

    def arrived(self) -> list[Any]:
        """What has come whole since it was asked; waits for nothing. Not to be mixed with :meth:`receive`.

        Raises:
            ChannelError: what came is no message.
        """
        while not self.ended:
            try:
                piece = self._socket.recv(PIECE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            except ConnectionError:
                piece = b""
            self.ended = not piece
            self._begun += piece
        values = []
        while len(self._begun) >= LENGTH_OCTETS:
            end = LENGTH_OCTETS + _length(self._begun[:LENGTH_OCTETS])
            if len(self._begun) < end:
                break
            values.append(_value(self._begun[LENGTH_OCTETS:end]))
            del self._begun[:end]
        return values

    def _read(self, length: int) -> bytes | None:
        pieces: list[bytes] = []
        while length:
            try:
                piece = self._socket.recv(min(length, PIECE))
            except ConnectionError:
                return None
            if not piece:
                return None
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)


def _length(head: bytes | bytearray) -> int:
    length = int.from_bytes(head, "big")
    if length > MAX_OCTETS:
        raise ChannelError("a message is too long")
    return length


def _value(octets: bytes | bytearray) -> Any:
    try:
        return json.loads(octets)
    except (ValueError, RecursionError):
        raise ChannelError("a message is no JSON") from None


def channels() -> tuple[Channel, Channel]:
    """Two ends of one, for two processes."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return Channel(one), Channel(other)

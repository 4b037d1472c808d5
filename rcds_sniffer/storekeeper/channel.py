"""A channel: JSON values over a socket between two processes of one run, each ahead of its length.

JSON and no more: the other side may have been taken over, and plain values of bounded size can do nothing. What
cannot be read ends the channel.
"""

import json
import select
import socket
from typing import Any, Final

MAX_OCTETS: Final = 256 << 20
"""Of one message; a longer one ends the channel. A batch of records is far below."""

LENGTH_OCTETS: Final = 4


class ChannelError(Exception):
    """What came is no message."""


class Channel:
    """One end."""

    def __init__(self, end: socket.socket) -> None:
        self._socket = end

    def fileno(self) -> int:
        """Of the socket, to wait for it."""
        return self._socket.fileno()

    def close(self) -> None:
        """The other side gets the end of the channel."""
        self._socket.close()

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
        length = int.from_bytes(head, "big")
        if length > MAX_OCTETS:
            raise ChannelError("a message is too long")
        octets = self._read(length)
        if octets is None:
            return None
        try:
            return json.loads(octets)
        except (ValueError, RecursionError):
            raise ChannelError("a message is no JSON") from None

    def readable(self, seconds: float) -> bool:
        """Whether something comes, or the end, within so many seconds."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        return bool(waiting.poll(seconds * 1000))

    def _read(self, length: int) -> bytes | None:
        pieces: list[bytes] = []
        while length:
            try:
                piece = self._socket.recv(min(length, 1 << 20))
            except ConnectionError:
                return None
            if not piece:
                return None
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)


def channels() -> tuple[Channel, Channel]:
    """Two ends of one, for two processes."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    return Channel(one), Channel(other)

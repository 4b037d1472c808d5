"""Messages through a pipe, whole and in order; who writes faster than the other reads, waits.

A pipe holds :data:`PIPE_OCTETS`; together with the message that is being made this is all that is ever under way.
"""

import contextlib
import fcntl
import os
import select
from typing import Final

LENGTH_OCTETS: Final = 8
"""Ahead of each message, big-endian: how many octets follow."""

PIPE_OCTETS: Final = 1 << 20
"""What the kernel holds between the two; its default of 64 KiB makes them wait for each other more often. More than
/proc/sys/fs/pipe-max-size it refuses, and then the default stays."""

READ_OCTETS: Final = 1 << 20
"""Read at a time, at most."""


def make_pipe() -> tuple[int, int]:
    """Descriptors to read from and to write to."""
    reader, writer = os.pipe()
    with contextlib.suppress(OSError):
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_OCTETS)
    return reader, writer


def send(descriptor: int, message: bytes) -> None:
    """Write one message.

    Raises:
        BrokenPipeError: nobody is there to read it.
    """
    view = memoryview(len(message).to_bytes(LENGTH_OCTETS) + message)
    while view:
        view = view[os.write(descriptor, view) :]


class Receiver:
    """Gives the messages again, as they come."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._held = bytearray()
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self.ended = False
        """The other side has closed the pipe: nothing more will come."""

    def wait(self, seconds: float) -> list[bytes]:
        """The messages that are there, or come within ``seconds``; a signal ends the wait, too."""
        if not self._poll.poll(seconds * 1000):
            return []
        octets = os.read(self._descriptor, READ_OCTETS)
        self.ended = not octets
        self._held += octets
        return self._messages()

    def _messages(self) -> list[bytes]:
        messages, at, held = [], 0, self._held
        while len(held) - at >= LENGTH_OCTETS:
            begin = at + LENGTH_OCTETS
            end = begin + int.from_bytes(held[at:begin])
            if len(held) < end:
                break
            messages.append(bytes(held[begin:end]))
            at = end
        del held[:at]
        return messages

"""Puts frames on an interface as quickly as the kernel takes them, or so many a second, at the speed of C.

``sendmmsg`` takes up to 1,024 frames in one call (UIO_MAXIOV). Its table of messages is laid out once, before the
time counts, and points into the capture's own octets; a call for a thousand frames costs what the kernel needs.
"""

import ctypes
import socket
import struct
import time
from array import array
from pathlib import Path

MOST = 1024
"""Frames in one call, linux/uio.h."""
TICK = 0.001
"""Seconds between two calls where a rate is asked for."""
_HEADER, _RECORD = 24, struct.Struct("<IIII")
_MESSAGE, _VECTOR = 64, 16
"""Octets of struct mmsghdr and of struct iovec where a pointer has eight."""
_IP = 14
"""Octets of Ethernet before IPv4."""


def _matters(content: bytes, frame: int) -> bool:
    """Does the frame carry octets, or begin a connection? Plain acknowledgments do neither."""
    begin = frame + _IP
    tcp = begin + (content[begin] & 15) * 4
    total = begin + int.from_bytes(content[begin + 2 : begin + 4])
    return tcp + (content[tcp + 12] >> 4) * 4 < total or bool(content[tcp + 13] & 2)


class Frames:
    """The frames of a classic pcap file, ready to be sent."""

    def __init__(self, path: Path, limit: int, *, carrying: bool = False) -> None:
        self._octets = ctypes.create_string_buffer(path.read_bytes())
        places = list(self._places(limit, carrying))
        self.count = len(places)
        self.octets = sum(length for _, length in places)
        base = ctypes.addressof(self._octets)
        vectors = array("Q")
        for place, length in places:
            vectors.extend((base + place, length))
        self._vectors = vectors
        first = vectors.buffer_info()[0]
        messages = array("Q")
        for number in range(self.count):  # name, its length, iovec, how many, control, its length, flags, sent
            messages.extend((0, 0, first + number * _VECTOR, 1, 0, 0, 0, 0))
        self._messages = messages
        self.messages = messages.buffer_info()[0]

    def _places(self, limit: int, carrying: bool):  # type: ignore[no-untyped-def]
        content, place, found = self._octets.raw, _HEADER, 0
        while place + 16 <= len(content) - 1 and found < limit:
            length = _RECORD.unpack_from(content, place)[2]
            if not carrying or _matters(content, place + 16):
                yield place + 16, length
                found += 1
            place += 16 + length

    @property
    def mean(self) -> float:
        """Octets of a frame."""
        return self.octets / max(self.count, 1)


class Sender:
    """One end of a cable."""

    def __init__(self, line: socket.socket, interface: str) -> None:
        self._line = line
        line.bind((interface, 0))
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
        self._call = ctypes.CDLL(None, use_errno=True).sendmmsg
        self._call.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)

    def send(self, frames: Frames, rate: float = 0, limit: int = 0) -> float:
        """All frames, or the first ``limit``; so many a second, or without a pause.

        Returns:
            the frames a second that it came to.
        """
        count = min(frames.count, limit) if limit else frames.count
        begin, sent = time.perf_counter(), 0
        while sent < count:
            due = count
            if rate:
                due = min(count, int((time.perf_counter() - begin + TICK) * rate))
                if due == sent:
                    time.sleep(TICK)
                    continue
            sent += self._some(frames.messages + sent * _MESSAGE, min(due - sent, MOST))
        return count / (time.perf_counter() - begin)

    def _some(self, table: int, count: int) -> int:
        done: int = self._call(self._line.fileno(), table, count, 0)
        if done < 0:
            raise OSError(ctypes.get_errno(), "sendmmsg")
        return done

"""A network namespace of a test's own, with veth pairs: what one end sends, the other hears.

The test's own thread enters it, so that sources are opened, and their errors seen, in the test itself. Needs root:
without it the test is skipped, but where the environment variable CI is set it fails.
"""

import contextlib
import ctypes
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from capture.packet import Packet
from capture.source import Source

_CLONE_NEWNET = 0x40000000  # sched.h
_ends: dict[str, socket.socket] = {}  # of the senders; they are closed with the namespace, each takes long


def run(command: str) -> str:
    """What a command prints; an error if it fails."""
    return subprocess.run(command.split(), check=True, capture_output=True, text=True).stdout


def _enter(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(descriptor)


@contextlib.contextmanager
def namespace() -> Iterator[None]:
    """Be in a fresh network namespace."""
    if os.geteuid() != 0:
        if "CI" in os.environ:
            pytest.fail("live capture is tested as root")
        pytest.skip("live capture is tested as root")
    name = f"rcds-capture-{os.getpid()}"
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    run(f"ip netns add {name}")
    try:
        _enter(os.open(f"/run/netns/{name}", os.O_RDONLY))
        yield
    finally:
        for end in [*_ends]:
            _ends.pop(end).close()
        _enter(home)
        run(f"ip netns del {name}")


def make_pair(tap: str, end: str, *, up: bool = True) -> None:
    """A cable: the interface ``tap`` and its other ``end``; the kernel itself says nothing on it."""
    if end in _ends:
        _ends.pop(end).close()  # of a cable that was taken out
    run(f"ip link add {tap} type veth peer name {end}")
    for name in (tap, end):
        Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
        run(f"ip link set {name} arp off")
        if up:
            run(f"ip link set {name} up")


def sent_on(name: str) -> int:
    """Packets that left by the interface."""
    told = json.loads(run(f"ip -s -j link show dev {name}"))
    count: int = told[0]["stats64"]["tx"]["packets"]
    return count


class Sender:
    """Puts frames on the cable by its other end."""

    def __init__(self, end: str) -> None:
        if end not in _ends:
            _ends[end] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            _ends[end].bind((end, 0))
        self._socket = _ends[end]

    def send(self, *frames: bytes) -> None:
        for frame in frames:
            self._socket.send(frame)


class Reader:
    """Reads a live source as the pipeline does, for a while at a time."""

    def __init__(self, source: Source) -> None:
        self._batches = source.batches()
        self.packets: list[Packet] = []
        self.longest = 0.0
        """Seconds between two batches."""

    def until(self, enough: Callable[[], bool], seconds: float = 5) -> None:
        """Read until ``enough()``; an error if that is not within these seconds."""
        limit = last = time.monotonic()
        limit += seconds
        while not enough():
            assert last < limit, f"not in {seconds} s; {len(self.packets)} packets came"
            self.packets += next(self._batches)
            now = time.monotonic()
            self.longest, last = max(self.longest, now - last), now

    def packet_count(self, count: int, seconds: float = 5) -> list[Packet]:
        """Read until so many packets came, in all."""
        self.until(lambda: len(self.packets) >= count, seconds)
        return self.packets

    def run(self, seconds: float) -> list[Packet]:
        """Read for these seconds."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end, seconds + 5)
        return self.packets

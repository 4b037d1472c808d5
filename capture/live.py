"""Packets from network interfaces as they come: the door to live capture.

Takes the names of interfaces; gives one :class:`capture.source.Source` over all of them, since an optical tap
delivers each direction on an interface of its own. The kernel filters and buffers; here is only waited, read,
brought into the order of time, and told what the line does: drops, interfaces that go and come, a clock that is
set. Nothing is ever sent.

Time order. The kernel hands packets over in blocks, late by up to HOLD_NANOSECONDS. So an interface is known up to
its last packet if there is more to read, and up to HOLD_NANOSECONDS ago if all was read; what is older than every
interface is known up to, is handed on. An idle interface therefore delays the others by no more than that, and one
interface alone by nothing. The same moment is the source's ``clock``: no packet before it is still to come.

A step of the clock. Packets stamped by the old clock may still be in the kernel when it is noticed, so reading goes
on for HOLD_NANOSECONDS; then each packet that is held belongs to the clock whose present it is nearer to.
"""

import contextlib
import logging
import select
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Final

from capture import compiled, pypcap_source
from capture.bpf import MAXIMUM_SNAPLEN, FilterBank
from capture.clock import CaptureClock
from capture.closing import Closing
from capture.errors import CaptureError, Closed, GivenTwice, Unreachable, Unsupported
from capture.fanout import Fanout
from capture.handle import MAXIMUM_BUFFER, Opener
from capture.interfaces import ANY
from capture.line import HOLD_NANOSECONDS, Line
from capture.packet import Packet
from capture.source import BATCH_PACKETS, Counters, FilterFor, Truncation
from capture.swap import StandIn
from capture.tap import Tap

READERS: Final = ("libpcap", "pypcap")

BUFFER_OCTETS: Final = 256 * 1024 * 1024
"""Of the kernel's ring for each interface: it kept 300,000 packets of 242 octets unread, 2 MiB kept 3,196."""
IDLE_MILLISECONDS: Final = 50
"""An idle line gives an empty batch so often, for signals and timers."""
HELD_MILLISECONDS: Final = 10
"""The same while packets are held for their turn."""

_log = logging.getLogger("capture.live")
_time = itemgetter(0)  # a Packet's


def open_interfaces(
    names: Sequence[str],
    source: str | None = None,
    *,
    buffer_octets: int = BUFFER_OCTETS,
    snaplen: int = MAXIMUM_SNAPLEN,
    promiscuous: bool = True,
    fanout: Fanout | None = None,
    clock: CaptureClock | None = None,
) -> "LiveSource":
    """Open network interfaces, all in one, in time order.

    Args:
        names: interfaces, or ``any`` alone.
        source: ``libpcap``, ``pypcap``, or None for the first of these that is installed.
        buffer_octets: of the kernel's buffer, for each interface.
        snaplen: octets that are kept of a packet.
        promiscuous: hear also what is addressed to others, as a tap must.
        fanout: share every interface with the other members of this group; ``libpcap`` alone can.
        clock: the one that stamps packets; the system's if not given.

    Raises:
        NoSuchInterface: the message has the list of those that there are.
        NotUp: with the command that brings it up.
        NotPermitted: with the command that permits it.
        GivenTwice: an interface stands twice among the names.
        Unsupported: the source is not installed, or there is none of this name.
        CaptureError: no name, or libpcap cannot open one. Nothing stays open then.
    """
    reader = _choose(source)
    return LiveSource(
        names,
        reader,
        _opener(reader, fanout),
        buffer_octets=buffer_octets,
        snaplen=snaplen,
        promiscuous=promiscuous,
        clock=clock or CaptureClock(),
    )


class LiveSource(Closing):
    """Network interfaces as one source; see :func:`open_interfaces`."""

    position = None
    size = None
    truncated = None
    truncations: tuple[Truncation, ...] = ()

    def __init__(
        self,
        names: Sequence[str],
        reader: str,
        opener: Opener,
        *,
        buffer_octets: int,
        snaplen: int,
        promiscuous: bool,
        clock: CaptureClock,
    ) -> None:
        _check(names, buffer_octets)
        self.reader = reader
        self.name = ", ".join(names)
        self.counters = Counters()
        self.refused_sample: list[Packet] = []
        """Always empty: what the kernel refuses is never seen."""
        self._system = clock
        self._reached: int | None = None  # what ``clock`` says
        self._step = 0  # nanoseconds, of the clock, not yet told …
        self._step_due = 0  # … until this steady time
        self._stop_asked = False
        self._stop: tuple[int, int] | None = None  # capture time then; steady time when all of it is handed over
        self._working = False
        self._closed = False
        self._lines: list[Line] = []
        try:
            for name in names:
                tap = Tap(
                    opener,
                    name,
                    self.counters,
                    buffer_octets=buffer_octets,
                    snaplen=snaplen,
                    promiscuous=promiscuous,
                )
                self._lines.append(Line(tap))
        except BaseException:
            self.close()
            raise

    @property
    def link_types(self) -> tuple[int, ...]:
        """Of all interfaces, in the order of the names. An interface that was made anew may bring another."""
        return tuple(dict.fromkeys(line.tap.link_type for line in self._lines))

    @property
    def clock_resolution(self) -> int:
        """Nanoseconds."""
        return max(line.tap.tick for line in self._lines)

    @property
    def clock(self) -> int | None:
        """See :attr:`capture.source.Source.clock`; goes back only with a step of the clock."""
        return self._reached

    def set_filter(self, filter_for: FilterFor) -> None:
        """See :meth:`capture.source.Source.set_filter`. What is refused is neither numbered nor counted."""
        bank = FilterBank(filter_for)
        bank.check(self.link_types)
        with self._at_work():
            for line in self._lines:
                line.tap.use_filter(bank)

    def settle(self) -> list[StandIn]:
        """This process is about to give up its rights: make now what it will need, and open nothing later.

        An interface that is taken out, and made anew, ends the capture then: ``batches()`` hands on what it has,
        and raises :class:`capture.errors.Unreachable`, so that whoever started the process starts it again. While
        it is away it is waited for as ever.

        Returns:
            What stands for each interface; nothing may be sent to its ``descriptor`` and ``copy``, the latter of
            which is put in the place of the former and nowhere else.
        """
        return [line.tap.settle() for line in self._lines]

    def batches(self) -> Iterator[Sequence[Packet]]:
        """See :meth:`capture.source.Source.batches`. Ends only with ``stop()`` or ``close()``."""
        if self._closed:
            raise Closed(f"{self.name}: was closed before it was read")
        return self._batches()

    def stop(self) -> None:
        """End ``batches()``, but hand on first what the kernel holds by now; within HOLD_NANOSECONDS if idle."""
        self._stop_asked = True

    def _batches(self) -> Iterator[Sequence[Packet]]:
        while not self._closed:
            self._wait()
            self._look()
            self._read()
            last = self._stop is not None and self._is_drained(*self._stop)
            if self._step and (last or self._system.steady >= self._step_due):
                yield from self._in_batches(self._before_the_step(), 0)
                self._tell_step()
            yield from self._release(last)
            if last:
                break
        for line in self._lines:
            line.tap.close()
        reasons = [line.tap.unreadable for line in self._lines if line.tap.unreadable is not None]
        if reasons:
            raise Unreachable("; ".join(reasons))

    def _is_drained(self, asked: int, due: int) -> bool:
        """Whether all that was stamped before ``asked`` is read."""
        read = all(line.tap.exhausted or line.known > asked for line in self._lines)
        return read and self._system.steady >= due

    def _wait(self) -> None:
        """Until there is something to read, or the consumer should be asked for its wishes."""
        poll = select.poll()
        polled = {}
        for line in self._lines:
            descriptor = line.tap.descriptor
            if descriptor is not None and not line.full:
                poll.register(descriptor, select.POLLIN)
                polled[descriptor] = line.tap
        holds = self._step or self._stop_asked or any(line.held for line in self._lines)
        for descriptor, event in poll.poll(HELD_MILLISECONDS if holds else IDLE_MILLISECONDS):
            if event & ~select.POLLIN:  # it went down, if only for a moment
                polled[descriptor].check(self._system.steady, now=True)

    def _look(self) -> None:
        step = self._system.look()
        if step:
            if not self._step:
                self._step_due = self._system.steady + HOLD_NANOSECONDS
            self._step += step
        if self._stop_asked and self._stop is None:
            self._stop = (self._system.now, self._system.steady + HOLD_NANOSECONDS)

    def _read(self) -> None:
        with self._at_work():
            for line in self._lines:
                if not line.full:
                    line.read(self._system.now)
                line.tap.check(self._system.steady)
                self._stop_asked |= line.tap.unreadable is not None

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        """A signal handler may close the source, and libpcap must not be used after that: close it behind this."""
        self._working = True
        try:
            yield
        finally:
            self._working = False
            if self._closed:
                self.close()

    def _release(self, last: bool) -> Iterator[Sequence[Packet]]:
        """What is in time order whatever comes; all of a lone interface's, or if it is the ``last`` time."""
        if self._step:
            yield []
            return
        horizon = min(line.known for line in self._lines)
        if last or len(self._lines) == 1:
            released = [line.take(len(line.held)) for line in self._lines]
        else:
            released = [line.take_until(horizon, self._system.now) for line in self._lines]
        yield from self._in_batches(released, horizon)

    def _in_batches(self, runs: list[Sequence[Packet]], horizon: int) -> Iterator[Sequence[Packet]]:
        """The packets of each interface, merged; ``clock`` goes with them, and at last to the horizon."""
        packets = runs[0] if len(runs) == 1 else sorted((packet for run in runs for packet in run), key=_time)
        batch = packets if len(packets) <= BATCH_PACKETS else packets[:BATCH_PACKETS]
        for start in range(BATCH_PACKETS, len(packets), BATCH_PACKETS):
            self._reach(batch[-1].time)
            yield batch
            if self._closed:
                return
            batch = packets[start : start + BATCH_PACKETS]
        if batch:
            self._reach(batch[-1].time)
        if self._reached is not None:
            self._reach(horizon)
        yield batch

    def _reach(self, time: int) -> None:
        self._reached = max(time, self._reached or 0)

    def _before_the_step(self) -> list[Sequence[Packet]]:
        """Take the packets that are nearer to what the old clock would say now than to what the new one says."""
        middle = self._system.now - self._step // 2
        forward = self._step > 0
        released = []
        for line in self._lines:
            stepped = (index for index, packet in enumerate(line.held) if (packet.time > middle) == forward)
            released.append(line.take(next(stepped, len(line.held))))
        return released

    def _tell_step(self) -> None:
        step, self._step = self._step, 0
        self.counters.clock_steps += 1
        self.counters.clock_stepped += step
        if self._reached is not None:
            self._reached += step
        for line in self._lines:
            line.known = min(line.known, self._system.now - HOLD_NANOSECONDS)
        how = "forward" if step > 0 else "back"
        _log.warning("the clock that stamps the packets was set %s by %.3f s", how, abs(step) / 1e9)

    def close(self) -> None:
        """Give back descriptors and memory, without what is still in the kernel; ends a running ``batches()``."""
        self._closed = True
        if not self._working:
            for line in self._lines:
                line.tap.close()


def _choose(source: str | None) -> str:
    if source is not None and source not in READERS:
        raise Unsupported(f"no source of live packets is called {source!r}: take one of {', '.join(READERS)}")
    if source in (None, "libpcap") and compiled.LIBPCAP:
        return "libpcap"
    if source == "libpcap":
        raise Unsupported(compiled.MISSING)
    if not pypcap_source.AVAILABLE:
        other = f"{compiled.MISSING}, and " if source is None else ""
        raise Unsupported(f"live capture: {other}pypcap is not installed (it builds up to Python 3.11)")
    if source is None:
        compiled.say_slower("pypcap")
    return "pypcap"


def _opener(reader: str, fanout: Fanout | None) -> Opener:
    """What opens the interfaces; each binding is loaded only when it is used."""
    if reader == "libpcap":
        from capture.libpcap_handle import opener  # noqa: PLC0415 - as above

        return opener(fanout)
    if fanout is not None:
        raise Unsupported("pypcap cannot share an interface: take the source libpcap")
    from capture.pypcap_handle import PypcapHandle  # noqa: PLC0415 - as above

    return PypcapHandle


def _check(names: Sequence[str], buffer_octets: int) -> None:
    if not names:
        raise CaptureError("no network interface is named: give one")
    if not 0 < buffer_octets <= MAXIMUM_BUFFER:
        raise CaptureError(f"the kernel's buffer may have from 1 to {MAXIMUM_BUFFER} octets, not {buffer_octets}")
    for name, times in Counter(names).items():
        if times > 1:
            raise GivenTwice(f"{name}: is given twice: name every interface once")
    if ANY in names and len(names) > 1:
        raise GivenTwice(f"{ANY}: has every interface in it already: name it alone")

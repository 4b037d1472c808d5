"""One network interface, read through libpcap.

Takes the interface's name; gives the packets that its kernel buffer holds, some at a time and without waiting, and
a descriptor to wait on. An interface may go away and come back: while it is down libpcap says nothing and goes on
when it is up again, when it was taken out libpcap gives up and it is opened anew. Both are told, neither ends the
capture.

How it is opened, and through which binding of libpcap: :mod:`capture.handle`.
"""

import contextlib
import logging
from collections.abc import Sequence
from functools import partial
from typing import Final

from capture.bpf import FilterBank, Program
from capture.card import Card
from capture.errors import BadFilter, CaptureError, NoSuchInterface, NotUp
from capture.handle import Handle, Opener, open_handle
from capture.interfaces import ANY, Asker, describe_interfaces
from capture.packet import Packet
from capture.source import Counters
from capture.swap import StandIn, swap_filter

CHECK_NANOSECONDS: Final = 1_000_000_000
"""Between two looks at the drop counters and at an interface that is away."""

_NOTHING: Final = "less 0"  # a filter that every link type has, and no packet passes
_COOKED: Final = (113, 276)  # LINKTYPE_LINUX_SLL and _SLL2

_log = logging.getLogger("capture.live")


class Tap:
    """An interface, opened.

    Args:
        opener: opens it.
        name: of the interface, or ``any``.
        counters: drops and interruptions are added here.
        buffer_octets: of the kernel's ring; with too little memory less is taken, and told.
        snaplen: octets that are kept of a packet.

    Raises:
        NoSuchInterface, NotUp, NotPermitted, CaptureError: it cannot be opened.
    """

    def __init__(
        self,
        opener: Opener,
        name: str,
        counters: Counters,
        *,
        buffer_octets: int,
        snaplen: int,
        promiscuous: bool,
    ) -> None:
        self.name = name
        self._opener = opener
        self.exhausted = True
        """The last ``read`` got all that the kernel had handed over."""
        self._counters = counters
        self._buffer_octets = buffer_octets
        self._snaplen = snaplen
        self._promiscuous = promiscuous and name != ANY  # which has no such mode
        self._bank: FilterBank | None = None
        self._number = 0
        self._down = False
        self._check_due = 0
        self._trouble = ""  # why it cannot be opened again, as told
        self._filtered = False  # by the kernel, and what passes must not be lost
        self._handle: Handle | None = None
        self._card: Card | None = None
        self._asker = Asker()
        self._stand_in: StandIn | None = None  # made when nothing can be opened any more
        self._gone = False  # … and this interface was taken out since
        self.unreadable: str | None = None
        """Why this process will never read it again, where another one could; None while there is hope."""
        try:
            self._open()
        except BaseException:
            self._asker.close()
            raise

    def _open(self) -> None:
        up = self._asker.is_up(self.name)
        if up is None:
            raise NoSuchInterface(f"{self.name}: no such network interface; {describe_interfaces()}")
        if not up:
            raise NotUp(f"{self.name}: is down, nothing can be heard on it: ip link set {self.name} up")
        handle, got = open_handle(self._opener, self.name, self._snaplen, self._promiscuous, self._buffer_octets)
        self._handle = handle
        self._card = Card(self.name)
        self._on_the_card = self._card.dropped()
        self._dropped = 0
        self._down = False
        self._filtered = False
        self.link_type, self.tick = handle.link_type, handle.tick
        if got < self._buffer_octets * 9 // 10:
            message = "%s: of %d MiB of kernel buffer there was memory for %d MiB"
            _log.warning(message, self.name, self._buffer_octets >> 20, got >> 20)
        if self._bank:
            self._set_filter(handle, self._bank)

    def use_filter(self, bank: FilterBank) -> None:
        """Let the kernel hand over only what the filter accepts, from the next ``read`` on.

        Of what both this filter and the one before let pass, nothing is lost (:mod:`capture.swap`). libpcap sifts
        what the kernel had put into its buffer before. The filter stays when the interface comes back. Cooked
        packets are sifted here and counted as refused: the kernel filters them before their header is made, and
        libpcap's translation of a filter that computes offsets refuses all (tried, 1.10.3). A filter for which the
        kernel has no room (before Linux 6.7: a few hundred instructions, less with many loads among them) libpcap
        applies behind the kernel's buffer; it says so on standard error, and that ``sysctl net.core.optmem_max``
        mends it.

        Raises:
            BadFilter: it cannot be set.
        """
        self._bank = bank
        if self._handle is not None:
            self._set_filter(self._handle, bank)

    def _set_filter(self, handle: Handle, bank: FilterBank) -> None:
        program = bank.program(self.link_type)
        if program is None:
            message = "%s: the filter is none for its link type %d: nothing of it is read"
            _log.warning(message, self.name, self.link_type)
            program = Program(_NOTHING, self.link_type)
        if self.link_type in _COOKED:
            handle.sift(program)
            return
        try:
            if self._filtered:
                set_filter = partial(handle.set_filter, program)
                stand_in = self._stand_in
                filtered = stand_in.swap(set_filter) if stand_in else swap_filter(handle.descriptor, set_filter)
                handle.sift(None if filtered else program)
            else:
                handle.set_filter(program)
        except OSError as error:
            raise BadFilter(
                f"{self.name}: libpcap does not set the filter {program.expression!r}: {error}"
            ) from None
        self._filtered = True

    @property
    def descriptor(self) -> int | None:
        """To poll for packets; None while the interface is gone."""
        return None if self._handle is None or self._gone else self._handle.descriptor

    def settle(self) -> StandIn:
        """From now on nothing is opened any more, since this process gives up its rights.

        An interface that is taken out, and made anew, is ``unreadable`` then.
        """
        assert self._handle is not None  # noqa: S101 - nobody has read yet
        self._stand_in = StandIn(self._handle.descriptor)
        return self._stand_in

    def read(self, limit: int) -> Sequence[Packet]:
        """At most ``limit`` packets of what the kernel has handed over, in its order; without waiting."""
        self.exhausted = True
        handle = self._handle
        if handle is None or self._gone:
            return ()
        packets = handle.read(limit, self._number)
        self._number += handle.received
        self._counters.received += handle.received
        self._counters.refused += handle.received - len(packets)
        if handle.failure is not None:
            self._give_up(handle.failure)
        else:
            self.exhausted = handle.exhausted
        return packets

    def check(self, steady: int, *, now: bool = False) -> None:
        """Once a second, or ``now``: read the drop counters; see whether the interface went or came."""
        if steady < self._check_due and not now:
            return
        self._check_due = steady + CHECK_NANOSECONDS
        if self._handle is None or self._gone:
            self._reopen()
            return
        self.count_drops()
        up = self._asker.is_up(self.name)
        if up is None:
            return  # libpcap will say so, when it has handed on what is left
        if now or up == self._down:
            if not self._down:
                self._tell_interruption("down")
            self._down = not up
            if up:
                _log.warning("%s: is back", self.name)

    def _tell_interruption(self, how: str) -> None:
        self._counters.interruptions += 1
        _log.warning("%s: is %s; waiting for it", self.name, how)

    def _give_up(self, reason: str) -> None:
        if not self._down:  # else it is told already
            self._tell_interruption("gone" if "disappeared" in reason else f"not readable ({reason})")
        self._down = True
        if self._stand_in is not None:
            self._gone = True  # its number stays taken
        else:
            self._close_handle()

    def _reopen(self) -> None:
        if not self._asker.is_up(self.name):
            return
        if self._stand_in is not None:
            self.unreadable = f"{self.name}: was made anew, and cannot be opened without rights: start this again"
            return
        try:
            self._open()
        except CaptureError as error:
            self._close_handle()
            if str(error) != self._trouble:
                _log.warning("%s", error)
            self._trouble = str(error)
            return
        self._trouble = ""
        _log.warning("%s: is back", self.name)
        _log.warning("%s: was made anew: see with `rcds-sniffer doctor` whether it is silent still", self.name)

    def count_drops(self) -> None:
        """Add what was dropped since the last time."""
        if self._handle is None:
            return
        counters = self._counters
        with contextlib.suppress(OSError):  # of an interface that is gone; libpcap will say so
            dropped = self._handle.stats()[1]  # 32 bits, anew with every opening
            counters.dropped_kernel = (counters.dropped_kernel or 0) + (dropped - self._dropped) % 2**32
            counters.dropped_interface = counters.dropped_interface or 0
            self._dropped = dropped
        dropped_before, now = self._on_the_card, None if self._card is None else self._card.dropped()
        if dropped_before is not None and now is not None:
            counters.dropped_interface = (counters.dropped_interface or 0) + max(now - dropped_before, 0)
            self._on_the_card = now

    def close(self) -> None:
        """Give back descriptors and memory; ``descriptor`` is None then."""
        self._close_handle()
        self._asker.close()

    def _close_handle(self) -> None:
        self.count_drops()
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()
            if self._stand_in is not None:
                self._stand_in.take_over()
        card, self._card = self._card, None
        if card is not None:
            card.close()

"""The worker process: it reads a source that was opened before, reassembles, decodes, and sends what it finds.

It is forked, so that it has the open source (a pipe as well as a file) and everything that was imported, and starts
in milliseconds; a new interpreter would import for a quarter of a second. A fork takes along one thread alone, and
what others had locked stays locked: so it comes ahead of every thread (:func:`can_fork`), and of the database, of
which a child must not have the connections.

The worker lets the terminal's Ctrl-C and a service manager's SIGTERM pass, which reach every process of the group:
its parent says when to stop, through a shared octet that is looked at between two batches. Where the parent is
gone, so is the reader of the pipe, and the worker ends with its next message.
"""

import gc
import mmap
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn, Self, cast

from capture.errors import CaptureError
from capture.source import Source
from rcds_sniffer.front import Front, Protocols, told
from rcds_sniffer.new_ports import NO_NEW_PORTS, NewPorts
from rcds_sniffer.workers.elsewhere import ReadElsewhere
from rcds_sniffer.workers.outbox import End, Outbox, Progress
from rcds_sniffer.workers.pipes import Receiver, make_pipe, send
from reassembly.engine import Engine, EventCallback


def can_fork() -> bool:
    """Whether a worker can be started: not beside other threads."""
    return threading.active_count() == 1


class Worker:
    """A process that reads ``source``, which nobody else reads then. To be closed; that ends the process."""

    def __init__(
        self,
        source: Source,
        engine: Callable[[EventCallback], Engine],
        protocols: Protocols,
        *,
        any_port: bool = False,
        ports: NewPorts = NO_NEW_PORTS,
    ) -> None:
        reader, writer = make_pipe()
        self._stopping = mmap.mmap(-1, 1)  # shared with the child
        outbox = Outbox(lambda message: _send(writer, message), lambda: _progress(source))
        front = Front(  # what it refuses, it refuses here
            engine, protocols, outbox.receive, any_port=any_port, looks_again=ports.looks_again
        )
        gc.freeze()  # collections of the child need not touch, and so copy, what was there before
        self._descriptor = reader
        self.process: int | None = os.fork()
        if self.process == 0:
            os.close(reader)
            _work(source, front, ports, outbox, lambda: self._stopping[0] != 0)
        os.close(writer)
        self.receiver = Receiver(reader)
        self.elsewhere = ReadElsewhere(source)

    @property
    def source(self) -> Source:
        """The source, as far as it can still be asked for something: it is not to be read here."""
        return cast(Source, self.elsewhere)

    def stop(self) -> None:
        """Have it end behind the batch of packets that it is at."""
        self._stopping[0] = 1

    def wait(self) -> int:
        """Its exit code, or the number of the signal that killed it, negative."""
        if self.process is None:
            return 0
        _, status = os.waitpid(self.process, 0)
        self.process = None
        return os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """End it, if it has not ended by itself. May be called again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        if self.process is not None:
            os.kill(self.process, signal.SIGKILL)
            self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _work(source: Source, front: Front, ports: NewPorts, outbox: Outbox, stopped: Callable[[], bool]) -> NoReturn:
    """All that the child does. It never returns into what the parent had begun."""
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        _read(source, front, ports, outbox, stopped)
        code = 0
    except Exception as fault:
        print(told(fault), file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _read(source: Source, front: Front, ports: NewPorts, outbox: Outbox, stopped: Callable[[], bool]) -> None:
    failure = None

    def read(source: Source) -> None:
        for packets in source.batches():
            front.feed_all(packets)
            outbox.report()
            if stopped():
                source.stop()
            if front.follow():
                ports.widen(frozenset(front.learnt))

    try:
        read(source)
        if not stopped():
            with ports.again(front) as second:
                if second is not None:
                    read(second)
    except CaptureError as error:
        failure = str(error)
    except Exception as fault:  # outside of any connection: what is known already is recorded all the same
        failure = told(fault)
    front.close()
    outbox.report()
    outbox.end(
        End(
            source.counters,
            tuple(source.link_types),
            tuple(source.truncations),
            list(source.refused_sample),
            front.counted(),
            front.decoded(),
            front.faults + outbox.faults,
            failure,
        )
    )


def _send(descriptor: int, message: bytes) -> None:
    try:
        send(descriptor, message)
    except BrokenPipeError:  # nobody listens any more; an exception would pass for a fault of one connection
        os._exit(1)


def _progress(source: Source) -> Progress:
    return Progress(source.counters.received, source.counters.refused, source.position)

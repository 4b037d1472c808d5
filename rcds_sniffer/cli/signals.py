"""Signals, as the loop between batches asks for them: SIGINT and SIGTERM end a run, SIGHUP re-reads the targets."""

import contextlib
import signal
from collections.abc import Iterator


class Signals:
    """What came so far."""

    def __init__(self) -> None:
        self.stop = False
        """SIGINT or SIGTERM came."""
        self.reload = False
        """SIGHUP came; whoever serves it takes it back."""


@contextlib.contextmanager
def served_signals(*, reload: bool = False) -> Iterator[Signals]:
    """Notes signals instead of dying of them; a second SIGINT ends the program at once.

    ``reload``: SIGHUP too.
    """
    received = Signals()

    def stop(number: int, frame: object) -> None:
        del number, frame
        received.stop = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def again(number: int, frame: object) -> None:
        del number, frame
        received.reload = True

    handlers = {signal.SIGINT: stop, signal.SIGTERM: stop, **({signal.SIGHUP: again} if reload else {})}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

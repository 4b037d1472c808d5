"""The two processes: the storekeeper is forked from what becomes the sensor, which then talks to it.

To be started before the capture is opened, before any thread, and before a key is read: so the sensor has none.
The storekeeper takes no signal that ends the sensor; it ends when the sensor does, after all that came is stored.
"""

import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Self

from rcds_sniffer.orders.acting import Acting
from rcds_sniffer.records.record import CommunicationRecord
from rcds_sniffer.storekeeper.channel import Channel, ChannelError, channels
from rcds_sniffer.storekeeper.errors import StorekeeperError
from rcds_sniffer.storekeeper.letters import pack

if TYPE_CHECKING:
    from rcds_sniffer.storekeeper.keeping import Keeping

log = logging.getLogger(__name__)

GONE = "the storekeeper is gone: nothing can be stored, and nothing is captured without it"


class Storekeeper:
    """The sensor's side of it: a sink for records, and the orders in force."""

    def __init__(self, pid: int, records: Channel, orders: Channel) -> None:
        self.acting: list[Acting] = []
        """What the orders let the sensor do at its start."""
        self.gone = False
        """It can be reached no longer."""
        self.stored = 0
        self.there_already = 0
        self._pid = pid
        self._records = records
        self._orders = orders

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """It is not over before :func:`started` is left."""

    @property
    def outcome(self) -> tuple[int, int]:
        """Records that were stored, and those that were there already."""
        return self.stored, self.there_already

    def wait(self) -> None:
        """Until it is ready, with the orders. Raises StorekeeperError where it refuses."""
        said = self._answer()
        if "refused" in said:
            raise StorekeeperError(str(said["refused"]))
        self.acting = [Acting.from_json(one) for one in said["ready"]]

    def write(self, records: Sequence[CommunicationRecord]) -> None:
        """Store one batch.

        Raises:
            StorekeeperError: none of it is stored.
        """
        if not records:
            return
        answer = self._ask({"records": [pack(record) for record in records]})
        if "error" in answer:
            raise StorekeeperError(str(answer["error"]))
        self.stored += int(answer["stored"])
        self.there_already += int(answer["known"])

    def changes(self) -> list[Acting] | None:
        """The orders as they are now, if they were changed since they were asked for; does not wait."""
        if self.gone:
            return None
        said = self._orders.arrived()
        self.gone = self._orders.ended
        return [Acting.from_json(one) for one in said[-1]] if said else None

    def end(self, counted: Mapping[str, int]) -> None:
        """All is stored: what the sensor counted goes on the log. Raises StorekeeperError."""
        answer = self._ask({"end": dict(counted)})
        if "over" not in answer:
            raise StorekeeperError(f"the log does not have the end of this run: {answer.get('refused')}")

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        if self.gone:
            raise StorekeeperError(GONE)
        try:
            self._records.send(question)
        except OSError:
            self.gone = True
            raise StorekeeperError(GONE) from None
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        try:
            answer = self._records.receive()
        except (OSError, ChannelError):
            answer = None
        if not isinstance(answer, dict):
            self.gone = True
            raise StorekeeperError(GONE)
        return answer

    def close(self) -> None:
        """Let it end, and wait for that."""
        self._records.close()
        self._orders.close()
        os.waitpid(self._pid, 0)


@contextmanager
def started(
    opened: Callable[[], "AbstractContextManager[Keeping]"],
    begin: Mapping[str, Any],
    prepare: Callable[[], None] = lambda: None,
) -> Iterator[Storekeeper]:
    """Fork it, and wait until it has the database open.

    Args:
        opened: opens the database, in its process.
        begin: for the log: how the sensor was started. No targets.
        prepare: what it does first, as giving up rights that it needs no longer.

    Raises:
        StorekeeperError: it refuses: no key, no right, no such database.
    """
    from rcds_sniffer.storekeeper.serving import serve  # noqa: PLC0415 - what the sensor never runs

    ours, its = channels()
    orders, its_orders = channels()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            ours.close()
            orders.close()
            prepare()
            code = serve(opened, its, its_orders, begin)
        except BaseException as fault:
            log.error("the storekeeper failed: %s", type(fault).__name__)
        finally:
            os._exit(code)
    its.close()
    its_orders.close()
    storekeeper = Storekeeper(pid, ours, orders)
    try:
        storekeeper.wait()
        yield storekeeper
    finally:
        storekeeper.close()

"""The storekeeper's own work, in its process: serve records, look for changed orders, write on the log.

Two threads: one answers the sensor, the other asks the database twice a second. Where the database is away, the
sensor is told so record by record and keeps them, and the orders that it knows go on, to their end.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final

from rcds_sniffer.register.errors import NotPermitted
from rcds_sniffer.storekeeper.channel import Channel, ChannelError
from rcds_sniffer.storekeeper.clock import clock_status
from rcds_sniffer.storekeeper.keeping import Keeping
from rcds_sniffer.storekeeper.letters import unpack

log = logging.getLogger(__name__)

POLL: Final = 0.4
"""Seconds between two looks at the database: with what it takes to read it, a change is known within a second."""


def serve(
    opened: Callable[[], AbstractContextManager[Keeping]],
    records: Channel,
    orders: Channel,
    begin: Mapping[str, Any],
) -> int:
    """Open the database, serve the sensor until it is gone; gives the exit code.

    Args:
        opened: opens it; what it raises is told to the sensor.
        records: from the sensor, with answers.
        orders: to the sensor.
        begin: numbers and names for the log, of how the sensor was started. No targets.
    """
    try:
        with opened() as keeping:
            acting = keeping.orders() or []
            keeping.note("start", {**begin, "orders": len(acting), "clock": clock_status()})
            records.send({"ready": [one.to_json() for one in acting]})
            over = threading.Event()
            looking = threading.Thread(target=_look, args=(keeping, orders, over), name="orders", daemon=True)
            looking.start()
            try:
                end = _serve(keeping, records)
            finally:
                over.set()
                orders.shut()  # the sensor may read no more of them
                looking.join()
            keeping.note("stop" if end is not None else "lost", {**(end or {}), **_numbers(keeping)})
            if end is not None:
                records.send({"over": True})
            return 0
    except (BrokenPipeError, ConnectionError):
        return 1
    except Exception as error:
        return _refuse(records, error)


def _serve(keeping: Keeping, records: Channel) -> dict[str, Any] | None:
    """Answer the sensor to its end: what it counted, or None where it went without a word."""
    while True:
        try:
            said = records.receive()
            if said is None:
                return None
            if not isinstance(said, dict):
                raise ChannelError("a message is no object")
            if "end" in said:
                return _counted(said["end"])
            batch = said.get("records")
            if not isinstance(batch, list):
                raise ChannelError("a message is of no kind")
            told = [unpack(one) for one in batch]
        except ChannelError as error:
            keeping.note("refuse", {"sensor": str(error)})
            log.error("the sensor sent what it never sends: %s; it is served no longer", error)
            return None
        try:
            new, known = keeping.store(told)
        except Exception as error:
            records.send({"error": _line(error)})
        else:
            records.send({"stored": new, "known": known})


def _look(keeping: Keeping, orders: Channel, over: threading.Event) -> None:
    """Tell the sensor of changes. Who may not run it any more has no orders; a database that is away is told of."""
    away = False
    while not over.wait(POLL):
        try:
            acting = keeping.orders()
            if away:
                log.warning("the orders can be read again")
            away = False
            if acting is not None:
                orders.send([one.to_json() for one in acting])
        except OSError:
            return  # the sensor is gone
        except NotPermitted as error:
            log.error("%s; nothing is recorded any more", error)
            with contextlib.suppress(OSError):
                orders.send([])
            return
        except Exception as error:
            if not away:
                log.warning(
                    "the orders cannot be looked at: %s; those that are known go on to their end", _line(error)
                )
            away = True


def _counted(said: object) -> dict[str, Any]:
    """Numbers by name, and nothing else."""
    numbers = said if isinstance(said, dict) else {}
    return {str(name)[:40]: value for name, value in list(numbers.items())[:40] if isinstance(value, int)}


def _numbers(keeping: Keeping) -> dict[str, Any]:
    out: dict[str, Any] = {"stored": keeping.stored, "clock": clock_status()}
    if keeping.without_key:
        out["without_key"] = keeping.without_key
    return out


def _refuse(records: Channel, error: Exception) -> int:
    """What went wrong is the sensor's to tell: one line, of ours or only the kind of a fault."""
    line = _line(error)
    try:
        records.send({"refused": line})
    except OSError:
        log.error("%s", line)
    return 1


def _line(error: Exception) -> str:
    """What others say may quote what a record holds: of theirs only the kind is told."""
    ours = type(error).__module__.startswith("rcds_sniffer.")
    return str(error) if ours else f"the storekeeper failed: {type(error).__name__}"

"""How many processes a run takes: ``--workers``, or what the input and the machine suggest."""

import logging
import os
from typing import Any, Final

from capture.source import Source
from rcds_sniffer.workers.worker import can_fork

log = logging.getLogger(__name__)

SMALL_OCTETS: Final = 4 << 20
"""Of capture files: below, one process is done before a second one pays."""


def two_processes(given: dict[str, Any], source: Source, *, everybody: bool, live: bool) -> bool:
    """Whether a worker reads and decodes, while this process records.

    Args:
        given: the options of the command; ``workers`` among them is what the user wants, None is our choice.
        source: what is read.
        everybody: of the warrant.
        live: it is read as it happens.
    """
    asked: int | None = given.get("workers")
    if asked == 1 or (asked is None and live):
        return False
    obstacle = _obstacle(given, live=live)
    if obstacle is None and asked is None:
        obstacle = _no_gain(source, everybody=everybody)
    if obstacle is not None:
        log.info("one process reads and records: %s", obstacle)
    return obstacle is None


def _obstacle(given: dict[str, Any], *, live: bool) -> str | None:
    if live:
        return "what is read as it happens is recorded in the same process"
    if given["write"]:
        return "--write keeps packets by what the records show"
    if not can_fork():
        return "other threads run already"
    return None


def _no_gain(source: Source, *, everybody: bool) -> str | None:
    if len(os.sched_getaffinity(0)) < 2:
        return "there is one processor core"
    if not everybody:  # a worker does not know whom the recorder is interested in, and decodes all
        return "where only some accounts are recorded, most of the capture need not be decoded"
    if source.size is not None and source.size < SMALL_OCTETS:
        return "the capture is small"
    return None

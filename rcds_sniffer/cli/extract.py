"""``records --order LIID --extract DIR``: the sealed files of an order's records, in the clear again.

Takes the records that a person may read; gives what was written, and a line for each file that could not be. The
key of a file stands in its record: who shows records to people leaves it out, as :func:`without_key` does.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.files.extracting import Extractor
from rcds_sniffer.files.folder import FilesError
from rcds_sniffer.records.record import CommunicationRecord


class Extracted(NamedTuple):
    """What came of it."""

    files: int
    """Written, or the same as one that was."""
    refused: list[str]
    """One line for each that was not: it is not there, or is not what was recorded."""


def extract(records: Iterable[CommunicationRecord], directory: str, *, files: str | None = None) -> Extracted:
    """Write the files of ``records`` into ``directory``, each under its hash.

    Args:
        records: of one order, read as they are asked for.
        directory: made, for its owner alone, if there is none.
        files: the folder in which the sealed files are now; None: the one that was recorded.

    Raises:
        UserError: the directory cannot be used.
    """
    done: set[object] = set()
    refused: list[str] = []
    try:
        extractor = Extractor(Path(directory), None if files is None else Path(files))
    except FilesError as error:
        raise UserError(f"--extract: {error}") from error
    written = 0
    with contextlib.closing(extractor):
        for record in records:
            file = record.file
            if file is None or file.get("key") is None or file.get("path") in done:
                continue
            done.add(file.get("path"))
            try:
                extractor.extract(file)
            except FilesError as error:
                refused.append(str(error))
            else:
                written += 1
    return Extracted(written, refused)


def without_key(record: CommunicationRecord) -> CommunicationRecord:
    """The record as it may be shown, changed in place: what opens its file is for :func:`extract` alone."""
    if record.file is not None and "key" in record.file:
        record.file = {name: value for name, value in record.file.items() if name != "key"}
    return record

"""Which texts a program showed, read from what it wrote; one reader for each form of output.

Each takes the files of a run and gives the pieces in which tokens are looked for (``bench/truth.py``). What our own
program marks as incomplete does not count as found.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

Reader = Callable[[Path, Path], Iterator[bytes]]
"""Takes standard output and the folder of the run."""

CHUNK = 1 << 20


def plain(output: Path, folder: Path) -> Iterator[bytes]:  # noqa: ARG001 - the form of all readers
    """The tokens stand in standard output as they were said."""
    yield from _lines(output)


def hexadecimal(output: Path, folder: Path) -> Iterator[bytes]:  # noqa: ARG001 - the form of all readers
    """Each line holds the payload of a packet in hexadecimal."""
    for line in _lines(output):
        digits = line.strip()
        if re.fullmatch(rb"[0-9a-f]*", digits) and not len(digits) & 1:
            yield bytes.fromhex(digits.decode())


def files(output: Path, folder: Path) -> Iterator[bytes]:  # noqa: ARG001 - the form of all readers
    """Streams, each in a file of its own in the folder ``streams``."""
    for path in sorted((folder / "streams").iterdir()):
        yield path.read_bytes()


def json_lines(output: Path, folder: Path) -> Iterator[bytes]:  # noqa: ARG001 - the form of all readers
    """Our records as JSON Lines in ``records.jsonl``."""
    for line in _lines(folder / "records.jsonl"):
        if b'"complete":true' in line:
            yield line


def database(output: Path, folder: Path) -> Iterator[bytes]:  # noqa: ARG001 - the form of all readers
    """Our records in SQLite, ``records.sqlite``."""
    with closing(sqlite3.connect(folder / "records.sqlite")) as connection:
        for (text,) in connection.execute(_QUERY):
            yield text.encode()


def counted(output: Path) -> int:
    """How many texts ``count`` says that there are, in one JSON object."""
    return int(json.loads(output.read_bytes())["events"].get("Message", 0))


_QUERY = "SELECT text FROM communication_records WHERE complete AND text IS NOT NULL"


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file

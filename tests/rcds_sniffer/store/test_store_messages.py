"""What the store says when it cannot: in words that help, about commands and extras that exist."""

import errno
import os

import pytest

from rcds_sniffer.store import StoreError, open_store
from rcds_sniffer.store.database import files_of
from rcds_sniffer.store.errors import explain


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "this user may not open or make this file"),
        (errno.EROFS, "the disk that it is on can only be read"),
        (errno.ENOSPC, "no room is left"),
        (errno.ENAMETOOLONG, "this name is too long"),
    ],
)
def test_file_system_refuses(number, words):
    assert words in str(explain(OSError(number, os.strerror(number)), "records.db"))


def test_missing_database_names_only_commands_that_exist(tmp_path):
    with pytest.raises(StoreError, match="'replay' makes one") as caught:
        open_store(str(tmp_path / "none"), create=False)
    assert "capture" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_database_needs_a_name(name):
    with pytest.raises(StoreError, match="needs a name"):
        open_store(name, create=True)


def test_name_that_is_too_long(tmp_path):
    with pytest.raises(StoreError, match="too long"):
        open_store(str(tmp_path / ("x" * 300)), create=True)


@pytest.mark.parametrize(
    ("name", "first"),
    [("a.db", "a.db"), ("sqlite:///a.db", "a.db"), ("sqlite://", None), ("postgresql://h/n", None), ("://", None)],
)
def test_files_of_a_database(name, first):
    files = [str(path) for path in files_of(name)]
    assert files == ([] if first is None else [first, f"{first}-wal", f"{first}-shm", f"{first}-journal"])

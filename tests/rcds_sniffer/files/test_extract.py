"""What ``records --order LIID --extract DIR`` does with the records of an order."""

import os
from pathlib import Path

import pytest

from rcds_sniffer.cli.errors import UserError
from rcds_sniffer.cli.extract import extract, without_key
from rcds_sniffer.files import Vault
from tests.rcds_sniffer.export.export_crafting import make_record

from .carrying import content, key, put_all, said, sha256


@pytest.fixture
def records(tmp_path):
    """Of two files; the first of them in the records of two targets of the order."""
    vault = Vault(tmp_path / "files", sealed=True)
    files = []
    for number in (1, 2):
        put_all(vault, content(3000, number), key(number))
        files.append(vault.describe(key(number), said(3000)))
    vault.close()
    made = [make_record(1, event="file", file=file) for file in (files[0], files[0], files[1])]
    return [make_record(0), *made, make_record(2, event="file", file={**files[0], "path": None, "key": None})]


def test_files_of_records_are_written_under_their_hashes(tmp_path, records):
    assert extract(iter(records), str(tmp_path / "out")) == (2, [])
    assert sorted(os.listdir(tmp_path / "out")) == sorted(sha256(content(3000, n)) for n in (1, 2))
    assert (tmp_path / "out" / sha256(content(3000, 1))).read_bytes() == content(3000, 1)
    assert extract(records, str(tmp_path / "out")) == (2, []), "and once more"


def test_file_that_was_changed_is_told_of_and_the_others_are_written(tmp_path, records):
    path = Path(records[1].file["path"])
    path.write_bytes(bytes(3000))
    written, refused = extract(records, str(tmp_path / "out"))
    assert (written, len(refused)) == (1, 1)
    assert str(path) in refused[0]
    assert os.listdir(tmp_path / "out") == [sha256(content(3000, 2))]


def test_files_elsewhere_are_found_where_the_user_says(tmp_path, records):
    (tmp_path / "files").rename(tmp_path / "moved")
    assert extract(records, str(tmp_path / "out"))[0] == 0
    assert extract(records, str(tmp_path / "out"), files=str(tmp_path / "moved")) == (2, [])


def test_folder_that_cannot_be_used_is_the_users_mistake(tmp_path, records):
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(UserError, match=r"--extract: .*is no folder"):
        extract(records, str(tmp_path / "out"))


def test_records_are_shown_without_the_keys_of_their_files(records):
    secret = records[1].file["key"]
    shown = [without_key(record) for record in records]
    assert secret not in "".join(str(record.to_dict()) for record in shown)
    assert shown[1].file["sha256"] == sha256(content(3000, 1))
    assert shown[0].file is None

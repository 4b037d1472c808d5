"""The folder: what a user may name, what another may put in its place, what a killed run left there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rcds_sniffer.files import FilesError, Vault
from rcds_sniffer.files import folder as folder_module

from .carrying import KEY, content, key, put, put_all, said, sha256


def test_folder_is_made_with_those_above_it(tmp_path):
    Vault(tmp_path / "a" / "b").close()
    assert (tmp_path / "a" / "b").is_dir()


def test_symbolic_link_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(FilesError, match="symbolic link; name the folder"):
        Vault(tmp_path / "link")


def test_file_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for name in ("file", "file/below"):
        with pytest.raises(FilesError, match=r"^[^\n]*is no folder[^\n]*$"):
            Vault(tmp_path / name)


def test_folder_that_everybody_may_write_to_is_warned_of(tmp_path, caplog):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    Vault(tmp_path / "open").close()
    assert "chmod o-w" in caplog.text


def test_name_that_no_disk_takes_is_refused(tmp_path):
    for name in ("x" * 5000, "nul\0"):
        with pytest.raises(FilesError):
            Vault(tmp_path / name)


def test_link_put_in_the_place_of_a_result_is_replaced_and_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    vault = Vault(tmp_path / "files")
    (tmp_path / "files" / sha256(b"octets")).symlink_to(victim)
    put(vault, 0, b"octets")
    file = vault.describe(KEY, said(6))
    assert victim.read_bytes() == b"precious"
    assert not os.path.islink(file["path"])
    assert Path(file["path"]).read_bytes() == b"octets"


def test_folder_put_in_the_place_of_a_result_ends_nothing(tmp_path):
    vault = Vault(tmp_path)
    (tmp_path / sha256(b"octets")).mkdir()
    put(vault, 0, b"octets")
    file = vault.describe(KEY, said(6))
    assert (file["path"], file["complete"], file["not_kept"]) == (None, False, "disk error")
    assert os.listdir(tmp_path) == [sha256(b"octets")]


def test_folder_that_is_swapped_for_a_link_moves_nothing_elsewhere(tmp_path):
    vault = Vault(tmp_path / "files")
    put(vault, 0, b"oct")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "files").rename(tmp_path / "moved")
    (tmp_path / "files").symlink_to("elsewhere")
    put(vault, 3, b"ets")
    vault.describe(KEY, said(6))
    put(vault, 0, b"more", key(2))
    vault.describe(key(2), said(4))
    assert os.listdir(tmp_path / "elsewhere") == []
    assert sorted(os.listdir(tmp_path / "moved")) == sorted([sha256(b"octets"), sha256(b"more")])


def test_incoming_file_that_was_swapped_is_not_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module, "OPEN_FILES", 1)
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    vault = Vault(tmp_path / "files")
    put(vault, 0, b"oct")
    (incoming,) = os.listdir(tmp_path / "files")
    put(vault, 0, b"other", key(2))  # closes the first
    for swap in (lambda path: os.symlink(victim, path), lambda path: os.link(victim, path)):
        os.unlink(tmp_path / "files" / incoming)
        swap(tmp_path / "files" / incoming)
        put(vault, 3, b"ets")
        assert victim.read_bytes() == b"precious"
        put(vault, 5, b"!", key(2))
    assert vault.describe(KEY, said(6))["path"] is None
    assert vault.describe(key(2), said(6))["complete"] is True
    assert victim.read_bytes() == b"precious"


def test_more_transfers_than_open_files_are_all_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module, "OPEN_FILES", 3)
    vault, octets = Vault(tmp_path), {number: content(3000, number) for number in range(20)}
    for offset in range(0, 3000, 500):
        for number in octets:
            put(vault, offset, octets[number][offset : offset + 500], key(number))
    assert all(vault.describe(key(n), said(3000))["sha256"] == sha256(octets[n]) for n in octets)
    vault.close()
    assert sorted(os.listdir(tmp_path)) == sorted(map(sha256, octets.values()))


def test_no_descriptor_is_left_open(tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    vault = Vault(tmp_path)
    for number in range(100):
        put_all(vault, content(100, number), key(number))
    vault.close()
    for _ in range(3):
        with pytest.raises(FilesError):
            Vault(tmp_path / ("x" * 3000))
    assert len(os.listdir("/proc/self/fd")) == before


RUNNING = """
import sys, time
from pathlib import Path
from rcds_sniffer.files import Vault
from tests.rcds_sniffer.files.carrying import put
vault = Vault(Path(sys.argv[1]))
put(vault, 0, b"half")
print("ready", flush=True)
time.sleep(60)
"""


def test_what_a_killed_run_left_is_removed_and_what_another_has_open_is_not(tmp_path):
    (tmp_path / "incoming-notes.part").write_bytes(b"the user's own")
    with subprocess.Popen([sys.executable, "-c", RUNNING, tmp_path], stdout=subprocess.PIPE, text=True) as run:
        try:
            assert run.stdout is not None
            assert run.stdout.readline() == "ready\n"
            vault = Vault(tmp_path)
            assert len(os.listdir(tmp_path)) == 2, "it is in use"
            vault.close()
        finally:
            run.send_signal(signal.SIGKILL)
    assert len(os.listdir(tmp_path)) == 2
    time.sleep(0.01)
    Vault(tmp_path).close()
    assert os.listdir(tmp_path) == ["incoming-notes.part"]

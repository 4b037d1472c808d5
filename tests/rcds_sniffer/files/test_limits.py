"""Each limit of the vault, and its stated behaviour there: hostile senders, full and failing disks."""

import logging
import os
import resource
import subprocess
import sys

import pytest

from rcds_sniffer.files import FileLimits, Vault

from .carrying import KEY, content, key, put, put_all, said, sha256


@pytest.mark.parametrize("offset", [1 << 40, (1 << 30) + 1, 1 << 64, 1 << 200, -1, -(1 << 63)])
def test_offset_outside_of_any_file_makes_none(tmp_path, offset):
    vault = Vault(tmp_path)
    put(vault, offset, b"x" * 10)
    assert os.listdir(tmp_path) == []
    assert vault.counters.refused_octets == 10
    assert vault.describe(KEY, said(1 << 62))["ranges"] == []


def test_extent_of_a_file_is_bounded_whatever_is_missing_in_it(tmp_path):
    vault = Vault(tmp_path, FileLimits(octets_of_one=10_000))
    put(vault, 9_995, b"0123456789")
    put(vault, 10_000, b"beyond")
    file = vault.describe(KEY, said(1 << 40))
    assert file["ranges"] == [[9_995, 10_000]]
    assert os.path.getsize(file["path"]) == 10_000
    assert vault.counters.refused_octets == 11


def test_octets_beyond_the_announced_size_are_refused(tmp_path):
    vault, octets = Vault(tmp_path), content(5000)
    put_all(vault, octets)
    file = vault.describe(KEY, said(3000))
    assert (file["complete"], file["sha256"]) == (True, sha256(octets[:3000]))
    assert os.path.getsize(file["path"]) == 3000
    assert vault.counters.refused_octets == 2000


@pytest.mark.parametrize("size", [-1, True, "12", 1.5, 1 << 80])
def test_announced_size_may_be_anything(tmp_path, size):
    vault = Vault(tmp_path)
    put(vault, 0, b"octets")
    assert vault.describe(KEY, said(size))["sha256"] == sha256(b"octets") if size is not True else True
    vault.close()


def test_separate_pieces_are_bounded(tmp_path):
    vault = Vault(tmp_path, FileLimits(ranges=10))
    for number in range(50):
        put(vault, 100 * number, b"x")
    put(vault, 1, b"yz")  # joined to one that is there
    file = vault.describe(KEY, said(5000, "cut"))
    assert len(file["ranges"]) == 10
    assert file["ranges"][0] == [0, 3]
    assert vault.counters.refused_octets == 40


def test_separate_pieces_are_bounded_over_all_transfers():
    vault = Vault(limits=FileLimits(ranges_of_all=20))
    for number in range(10):
        for place in range(10):
            put(vault, 100 * place, b"x", key(number))
    assert vault._ranges == 20
    for number in range(10):
        vault.describe(key(number), said(5000, "cut"))
    assert vault._ranges == 0


def test_beyond_the_limit_of_open_transfers_the_idlest_is_kept_as_a_partial(tmp_path):
    vault = Vault(tmp_path, FileLimits(open_at_once=3))
    for number in range(3):
        put(vault, 0, b"begin", key(number))
    put(vault, 5, b"more", key(0))
    put(vault, 0, b"newer", key(3))
    put(vault, 5, b"late", key(1))
    assert vault.counters.cut == 1
    file = vault.describe(key(1), said(9))
    assert (file["complete"], file["ranges"]) == (False, [[0, 5]])
    assert file["path"].endswith(".partial")
    assert vault.describe(key(0), said(9))["complete"] is True


def test_hostile_number_of_transfers_is_bounded(tmp_path):
    vault = Vault(tmp_path, FileLimits(open_at_once=10, files=30, cut_remembered=5))
    for number in range(500):
        put(vault, 0, b"%d" % number, key(number))
    assert len(vault._open) == 10
    assert len(vault._cut) == 5
    vault.close()
    assert len(os.listdir(tmp_path)) <= 30


def test_what_was_cut_is_remembered_within_the_limit_of_pieces():
    vault = Vault(limits=FileLimits(open_at_once=1, ranges_of_all=20))
    for number in range(50):
        for place in range(8):
            put(vault, 100 * place, b"x", key(number))
    assert vault._cut_ranges == sum(len(content.ranges) for content in vault._cut.values()) <= 20
    for number in range(50):
        vault.forget(key(number))
    assert vault._cut_ranges == 0


def test_beyond_the_limit_of_files_contents_are_hashed(tmp_path):
    vault = Vault(tmp_path, FileLimits(files=2))
    files = []
    for number in range(4):
        put(vault, 0, b"%d" % number, key(number))
        files.append(vault.describe(key(number), said(1)))
    assert [file["path"] is None for file in files] == [False, False, True, True]
    assert files[3]["sha256"] == sha256(b"3")
    assert (files[3]["complete"], files[3]["not_kept"]) == (False, "limit")
    assert len(os.listdir(tmp_path)) == 2


def test_beyond_the_limit_of_octets_a_file_is_partial_and_the_next_only_hashed(tmp_path):
    vault = Vault(tmp_path, FileLimits(octets_of_all=20_000))
    put_all(vault, content(50_000), key(1))
    cut = vault.describe(key(1), said(50_000))
    assert (cut["complete"], cut["not_kept"]) == (False, "limit")
    assert 0 < os.path.getsize(cut["path"]) <= 20_000
    assert vault.counters.refused_octets == 50_000 - cut["ranges"][0][1]


def test_single_octets_far_apart_count_as_the_blocks_that_they_take(tmp_path):
    vault = Vault(tmp_path, FileLimits(octets_of_all=100_000))
    for number in range(1000):
        put(vault, 8192 * number, b"x")
    file = vault.describe(KEY, said(1 << 29, "cut"))
    assert len(file["ranges"]) < 30
    assert os.stat(file["path"]).st_blocks * 512 <= 200_000


def test_nothing_is_written_to_a_disk_that_is_nearly_full(tmp_path, caplog):
    vault, octets = Vault(tmp_path, FileLimits(free=1 << 62)), content(3000)
    with caplog.at_level(logging.DEBUG):
        for number in range(5):
            put_all(vault, octets, key(number))
    file = vault.describe(key(0), said(3000))
    assert (file["sha256"], file["path"], file["complete"]) == (sha256(octets), None, False)
    assert file["not_kept"] == "disk full"
    assert os.listdir(tmp_path) == []
    assert len(caplog.records) == 1, "told once"
    assert "example" not in caplog.text


DISK_FULL = """
import logging, resource, sys
from pathlib import Path
from rcds_sniffer.files import Vault
from tests.rcds_sniffer.files.carrying import KEY, content, key, put_all, said
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
vault = Vault(Path(sys.argv[1]))
for number in (1, 2):
    put_all(vault, content(50_000, number), key(number))
    file = vault.describe(key(number), said(50_000))
    assert file["complete"] is False and file["not_kept"] == "disk error", file
    assert file["ranges"] == [[0, 20_000]], file["ranges"]
    assert Path(file["path"]).read_bytes() == content(50_000, number)[:20_000]
put_all(vault, b"small")
assert vault.describe(KEY, said(5))["complete"] is True
assert vault.counters.unwritten_octets == 60_000 and vault.counters.failures == 60
vault.close()
"""


def test_disk_that_fails_ends_nothing_and_is_told_of_once(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", DISK_FULL, tmp_path / "files"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("cannot be kept") == 1
    assert resource.RLIMIT_FSIZE is not None


FULL_TMPFS = """
import os, subprocess, sys
from pathlib import Path
from rcds_sniffer.files import FileLimits, Vault
from tests.rcds_sniffer.files.carrying import KEY, content, put_all, said
folder = Path(sys.argv[1])
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", folder], capture_output=True).returncode:
    sys.exit(77)
vault = Vault(folder, FileLimits(free=0))
put_all(vault, content(200_000))
file = vault.describe(KEY, said(200_000))
assert file["complete"] is False and file["not_kept"] == "disk error", file
assert Path(file["path"]).stat().st_size <= 65536
vault.close()
vault = Vault(folder, FileLimits(free=32 << 10))
assert vault.describe(KEY, said(0))["not_kept"] == "disk full"
vault.close()
"""


def test_disk_without_room_keeps_what_came_before(tmp_path):
    unshare = ["unshare", "--map-root-user", "--mount", sys.executable, "-c", FULL_TMPFS, str(tmp_path)]
    try:
        done = subprocess.run(unshare, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no mounts here")
    assert done.returncode == 0, done.stderr

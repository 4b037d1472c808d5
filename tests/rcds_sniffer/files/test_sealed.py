"""A sealed folder: nothing of a content is on the disk in the clear, and all of it comes out again."""

import base64
import contextlib
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcds_sniffer.files import FileLimits, FilesError, Vault
from rcds_sniffer.files import folder as folder_module
from rcds_sniffer.files.cipher import FileKey
from rcds_sniffer.files.extracting import Extractor

from .carrying import KEY, content, key, put, put_all, said, sha256

SEALED = re.compile(r"[0-9a-f]{32}\.sealed")
WINDOW = 6
"""Octets in a row that random ones have in common by a chance of one in millions."""


def in_the_clear(folder: Path, octets: bytes) -> bool:
    """True where any six octets of it stand anywhere in any file, or in a name."""
    windows = {octets[at : at + WINDOW] for at in range(len(octets) - WINDOW + 1)}
    raw = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    raw += [path.name.encode() for path in folder.rglob("*")]
    return any(there[at : at + WINDOW] in windows for there in raw for at in range(len(there) - WINDOW + 1))


def opened(file, into: Path) -> bytes:
    with contextlib.closing(Extractor(into)) as extractor:
        return extractor.extract(file).read_bytes()


def test_search_for_clear_octets_finds_them_in_a_folder_that_is_not_sealed(tmp_path):
    vault, octets = Vault(tmp_path / "files"), content(3000)
    put_all(vault, octets)
    assert in_the_clear(tmp_path / "files", octets)


def test_nothing_is_in_the_clear_at_any_moment(tmp_path):
    vault, octets = Vault(tmp_path, sealed=True), content(6000)
    for offset in (4000, 0, 5000, 1000, 3000, 2000):  # read back to be hashed
        put(vault, offset, octets[offset : offset + 1000])
        assert not in_the_clear(tmp_path, octets)
    file = vault.describe(KEY, said(6000))
    assert (file["complete"], file["sha256"]) == (True, sha256(octets))
    assert not in_the_clear(tmp_path, octets)
    vault.close()


def test_names_say_nothing_and_files_are_their_owners_alone(tmp_path):
    vault = Vault(tmp_path / "files", sealed=True)
    put_all(vault, content(5000), key(1))
    put_all(vault, content(5000), key(2))
    file = vault.describe(key(1), said(5000, name="secret plan.txt"))
    names = os.listdir(tmp_path / "files")
    assert len(names) == 2
    assert all(SEALED.fullmatch(name) for name in names), "also of the one that still comes"
    assert os.path.basename(file["path"]) in names
    for name in names:
        assert stat.S_IMODE(os.stat(tmp_path / "files" / name).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "files").st_mode) == 0o700
    assert os.path.getsize(file["path"]) == 5000, "sizes show"


def test_description_is_that_of_a_clear_folder_with_a_key_more(tmp_path):
    clear, sealed = Vault(tmp_path / "a"), Vault(tmp_path / "b", sealed=True)
    found = []
    for vault in (clear, sealed):
        put_all(vault, content(5000))
        found.append(vault.describe(KEY, said(5000)))
    assert len(base64.b64decode(found[1].pop("key"), validate=True)) == 40
    assert found[1].pop("path") != found[0].pop("path")
    assert found[0] == found[1]


def test_without_a_folder_nothing_is_sealed_and_no_key_is_told():
    vault = Vault(sealed=True)
    put_all(vault, b"octets")
    assert "key" not in vault.describe(KEY, said(6))


def test_equal_contents_are_not_recognised(tmp_path):
    vault = Vault(tmp_path, sealed=True)
    for number in range(3):
        put(vault, 0, b"equal contents", key(number))
    files = [vault.describe(key(number), said(14)) for number in range(3)]
    assert len({file["path"] for file in files}) == len({file["key"] for file in files}) == 3
    assert len({Path(file["path"]).read_bytes() for file in files}) == 3


PIECES = st.lists(st.tuples(st.integers(0, 90), st.binary(max_size=40)), max_size=25)


@given(PIECES, st.none() | st.integers(0, 130), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_pieces_give_what_a_clear_folder_gives(tmp_path_factory, pieces, size, ended):
    folder = tmp_path_factory.mktemp("files")
    clear, sealed = Vault(folder / "clear"), Vault(folder / "sealed", sealed=True)
    files = []
    for vault in (clear, sealed):
        for offset, octets in pieces:
            put(vault, offset, octets)
        files.append(vault.describe(KEY, said(size, "complete" if ended else "cut")))
        vault.close()
    assert clear.counters == sealed.counters
    for name in ("size", "sha256", "mime", "complete", "ranges"):
        assert files[0].get(name) == files[1].get(name)
    if files[0]["path"] is None:
        assert files[1]["path"] is None
        assert "key" not in files[1]
        assert os.listdir(folder / "sealed") == []
        return
    assert opened(files[1], folder / "out") == Path(files[0]["path"]).read_bytes()
    assert os.listdir(folder / "out") == [os.path.basename(files[0]["path"])], "also the same name"


def test_more_transfers_than_open_files_are_all_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module, "OPEN_FILES", 3)
    vault, octets = Vault(tmp_path / "files", sealed=True), {n: content(3000, n) for n in range(20)}
    for offset in reversed(range(0, 3000, 500)):
        for number in octets:
            put(vault, offset, octets[number][offset : offset + 500], key(number))
    files = {number: vault.describe(key(number), said(3000)) for number in octets}
    assert all(opened(files[n], tmp_path / "out") == octets[n] for n in octets)


def test_large_content_is_opened_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module, "READ_OCTETS", 1000)  # no multiple of a block
    vault, octets = Vault(tmp_path / "files", sealed=True), content(20_001)
    put_all(vault, octets, step=777)
    assert opened(vault.describe(KEY, said(20_001)), tmp_path / "out") == octets


def test_content_that_was_forgotten_leaves_nothing(tmp_path):
    vault = Vault(tmp_path, FileLimits(open_at_once=1, cut_remembered=1), sealed=True)
    for number in range(4):
        put_all(vault, content(3000), key(number))
    assert len(os.listdir(tmp_path)) == 2, (
        "one that comes, one that was cut; nobody will ever know the others' keys"
    )
    vault.forget(key(2))
    assert len(os.listdir(tmp_path)) == 1
    vault.close()
    assert os.listdir(tmp_path) == []


def test_content_that_was_cut_is_opened_by_its_late_description(tmp_path):
    vault = Vault(tmp_path / "files", FileLimits(open_at_once=1), sealed=True)
    put_all(vault, content(3000), key(1))
    put_all(vault, content(10), key(2))
    assert opened(vault.describe(key(1), said(3000)), tmp_path / "out") == content(3000)
    vault.close()
    assert len(os.listdir(tmp_path / "files")) == 1


# --- a key meets no two contents ------------------------------------------------------------------------------


def test_place_that_the_disk_refused_is_not_written_again(tmp_path, monkeypatch):
    vault, octets = Vault(tmp_path / "files", sealed=True), content(3000)
    put(vault, 0, octets[:1000])
    pwrite = os.pwrite

    def half(descriptor, some, offset):
        if len(some) < 600:
            raise OSError(28, "No space left on device")
        return pwrite(descriptor, some[:500], offset)

    monkeypatch.setattr(os, "pwrite", half)
    put(vault, 1000, octets[1000:2000])  # half of it is on the disk
    monkeypatch.setattr(os, "pwrite", pwrite)
    (path,) = (tmp_path / "files").iterdir()
    before = path.read_bytes()
    put(vault, 900, b"x" * 300)  # other octets there would give both away
    assert path.read_bytes() == before
    put(vault, 2000, octets[2000:])
    file = vault.describe(KEY, said(3000))
    assert (file["ranges"], file["not_kept"]) == ([[0, 1000], [2000, 3000]], "disk error")
    assert opened(file, tmp_path / "out") == octets[:1000] + bytes(1000) + octets[2000:]


@given(st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=50)), max_size=20))
def test_what_was_sealed_at_any_offset_is_opened_from_any_other(pieces):
    made = FileKey()
    whole = made.turn(bytes(300), 0)
    again = FileKey.of(made.text)
    for offset, octets in pieces:
        mask = whole[offset : offset + len(octets)]
        assert again.turn(octets, offset) == bytes(a ^ b for a, b in zip(octets, mask, strict=True))


def test_key_does_not_show(tmp_path):
    made = FileKey()
    assert made.text not in repr(made)
    for wrong in (None, "", "x", base64.b64encode(bytes(39)).decode(), "é" * 54):
        with pytest.raises(ValueError, match="key"):
            FileKey.of(wrong)


# --- limits, and disks that fail: as in a clear folder --------------------------------------------------------


def test_limits_are_those_of_a_clear_folder(tmp_path):
    for number, limits in enumerate((
        FileLimits(octets_of_one=2500),
        FileLimits(octets_of_all=2500),
        FileLimits(files=1),
        FileLimits(ranges=2),
        FileLimits(free=1 << 62),
    )):  # fmt: skip
        found = []
        for sealed in (False, True):
            vault = Vault(tmp_path / f"{number}{sealed}", limits, sealed=sealed)
            for which in (1, 2):
                put_all(vault, content(5000, which), key(which))
                for place in range(6000, 9000, 600):
                    put(vault, place, b"far", key(which))
            files = [vault.describe(key(which), said(20_000, "cut")) for which in (1, 2)]
            found.append(
                ([{n: v for n, v in f.items() if n not in ("path", "key")} for f in files], vault.counters)
            )
            vault.close()
        assert found[0] == found[1]


DISK_FULL = """
import contextlib, resource, sys
from pathlib import Path
from rcds_sniffer.files import Vault
from rcds_sniffer.files.extracting import Extractor
from tests.rcds_sniffer.files.carrying import KEY, content, key, put_all, said
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
vault = Vault(Path(sys.argv[1]) / "files", sealed=True)
for number in (1, 2):
    put_all(vault, content(50_000, number), key(number))
    file = vault.describe(key(number), said(50_000))
    assert file["complete"] is False and file["not_kept"] == "disk error", file
    assert file["ranges"] == [[0, 20_000]], file["ranges"]
    with contextlib.closing(Extractor(Path(sys.argv[1]) / "out")) as extractor:
        assert extractor.extract(file).read_bytes() == content(50_000, number)[:20_000]
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
put_all(vault, b"small")
file = vault.describe(KEY, said(5))
assert file["complete"] is True
resource.setrlimit(resource.RLIMIT_FSIZE, (3, 20_000))
copy = vault.again(file)
assert (copy["path"], copy["not_kept"], copy["complete"]) == (None, "disk error", False) and "key" not in copy
assert vault.counters.unwritten_octets == 60_005
vault.close()
"""


def test_disk_that_fails_ends_nothing_and_is_told_of_once(tmp_path):
    done = subprocess.run([sys.executable, "-c", DISK_FULL, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("cannot be kept") == 1
    assert len(os.listdir(tmp_path / "files")) == 3


# --- what a killed run leaves ----------------------------------------------------------------------------------

RUNNING = """
import sys, time
from pathlib import Path
from rcds_sniffer.files import Vault
from tests.rcds_sniffer.files.carrying import content, key, put, put_all, said
vault = Vault(Path(sys.argv[1]), sealed=True)
put_all(vault, content(3000), key(1))
print(vault.describe(key(1), said(3000))["path"], flush=True)
put_all(vault, content(4000), key(2))
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("sealed", [True, False])
def test_what_a_killed_run_left_is_unreadable_and_removed_by_the_next(tmp_path, sealed):
    (tmp_path / "0123.sealed").write_bytes(b"the user's own")
    with subprocess.Popen([sys.executable, "-c", RUNNING, tmp_path], stdout=subprocess.PIPE, text=True) as run:
        try:
            kept = run.stdout.readline().strip()
            assert run.stdout.readline() == "ready\n"
            vault = Vault(tmp_path, sealed=sealed)
            assert len(os.listdir(tmp_path)) == 3, "it is in use"
            vault.close()
        finally:
            run.send_signal(signal.SIGKILL)
    assert len(os.listdir(tmp_path)) == 3
    assert not in_the_clear(tmp_path, content(4000))
    Vault(tmp_path, sealed=sealed).close()
    assert sorted(os.listdir(tmp_path)) == sorted(["0123.sealed", os.path.basename(kept)])


# --- opening them ------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path):
    vault = Vault(tmp_path / "files", sealed=True)
    put_all(vault, content(5000))
    yield vault.describe(KEY, said(5000))
    vault.close()


def test_changed_file_is_not_shown(tmp_path, file):
    raw = bytearray(Path(file["path"]).read_bytes())
    raw[1234] ^= 1
    Path(file["path"]).write_bytes(raw)
    with pytest.raises(FilesError, match="is not what was recorded"):
        opened(file, tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


def test_cut_file_is_not_shown(tmp_path, file):
    os.truncate(file["path"], 4999)
    with pytest.raises(FilesError, match="cut by somebody"):
        opened(file, tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


def test_other_orders_key_opens_nothing(tmp_path, file):
    with pytest.raises(FilesError, match="is not what was recorded"):
        opened({**file, "key": FileKey().text}, tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


@pytest.mark.parametrize(
    "change",
    [
        {"key": None},
        {"key": "x"},
        {"path": None},
        {"path": "/etc/passwd"},
        {"sha256": "../../etc/passwd"},
        {"sha256": None},
        {"size": None},
        {"ranges": [[0, 10], [5, 5000]]},
        {"ranges": [[0, "10"]]},
        {"ranges": [[0]]},
        {"ranges": [7]},
        {"ranges": "all"},
        {"ranges": [[0, 5000]], "ranges_more": 3},
        {"ranges": [[0, 1 << 80]]},
        {"ranges": []},
    ],
)
def test_description_that_is_none_is_refused_in_one_line(tmp_path, file, change):
    with pytest.raises(FilesError, match=r"^[^\n]+$"):
        opened({**file, **change}, tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


def test_link_or_pipe_in_the_place_of_a_sealed_file_is_not_followed(tmp_path, file):
    victim = Path(file["path"])
    victim.rename(tmp_path / "elsewhere")
    for put_there in (lambda: victim.symlink_to(tmp_path / "elsewhere"), lambda: os.mkfifo(victim)):
        put_there()
        with pytest.raises(FilesError):
            opened(file, tmp_path / "out")
        victim.unlink()


def test_files_that_were_moved_are_found_in_the_folder_that_is_named(tmp_path, file):
    (tmp_path / "files").rename(tmp_path / "backup")
    with pytest.raises(FilesError, match="No such file"):
        opened(file, tmp_path / "out")
    with contextlib.closing(Extractor(tmp_path / "out", tmp_path / "backup")) as extractor:
        assert extractor.extract(file).read_bytes() == content(5000)

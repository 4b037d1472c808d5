"""One transfer of two orders: each record has a file and a key of its own, and neither leads to the other's."""

import base64
import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rcds_sniffer.files import FileLimits, Vault
from rcds_sniffer.files.extracting import Extractor

from .carrying import KEY, content, key, put, put_all, said
from .test_sealed import SEALED, in_the_clear, opened


def made(vault: Vault, size: int = 5000) -> dict[str, object]:
    put_all(vault, content(size))
    return vault.describe(KEY, said(size))


def holed(vault: Vault, pieces: int) -> dict[str, object]:
    for number in range(pieces):
        put(vault, 100 * number, content(50, number))
    return vault.describe(KEY, said(100 * pieces, "cut"))


def test_copy_is_the_same_content_and_nothing_else_is_the_same(tmp_path):
    vault = Vault(tmp_path / "files", sealed=True)
    first = made(vault)
    second, third = vault.again(first), vault.again(first)
    files = (first, second, third)
    for name in ("path", "key"):
        assert len({file[name] for file in files}) == 3
    keys = [base64.b64decode(str(file["key"])) for file in files]
    assert len({made[:32] for made in keys}) == len({made[32:] for made in keys}) == 3
    assert len({Path(str(file["path"])).read_bytes() for file in files}) == 3
    assert all(SEALED.fullmatch(os.path.basename(str(file["path"]))) for file in files)
    assert len({os.stat(str(file["path"])).st_ino for file in files}) == 3, "no link tells of another"
    rest = [{name: value for name, value in file.items() if name not in {"path", "key"}} for file in files]
    assert rest[0] == rest[1] == rest[2]
    assert not in_the_clear(tmp_path, content(5000))
    assert [opened(file, tmp_path / "out") for file in files] == [content(5000)] * 3


def test_copy_stays_when_the_first_one_is_gone(tmp_path):
    vault = Vault(tmp_path / "files", sealed=True)
    first = made(vault)
    second = vault.again(first)
    os.unlink(str(first["path"]))
    assert opened(second, tmp_path / "out") == content(5000)


def test_partial_content_with_holes_is_copied_with_them(tmp_path):
    vault = Vault(tmp_path / "files", sealed=True)
    put(vault, 10, content(990))
    put(vault, 1 << 20, b"far behind")
    first = vault.describe(KEY, said(1 << 21, "cut"))
    second = vault.again(first)
    assert second["ranges"] == first["ranges"]
    assert opened(first, tmp_path / "a") == opened(second, tmp_path / "b")
    assert os.stat(str(second["path"])).st_blocks * 512 < 1 << 19, "a hole takes no room"


def test_content_of_no_octets_is_copied(tmp_path):
    vault = Vault(tmp_path / "files", sealed=True)
    first = vault.describe(KEY, said(0))
    second = vault.again(first)
    assert (second["complete"], second["path"] != first["path"]) == (True, True)
    assert opened(second, tmp_path / "out") == b""


def test_copy_of_a_shortened_description_has_all_its_ranges_again(tmp_path):
    vault = Vault(tmp_path / "files", sealed=True)
    first = holed(vault, 30)
    short = {**first, "ranges": first["ranges"][:20], "ranges_more": 10}
    second = vault.again(short)
    assert (second["ranges"], "ranges_more" in second) == (first["ranges"], False)
    assert opened(first, tmp_path / "a") == opened(second, tmp_path / "b")


def test_shortened_description_of_a_forgotten_content_says_that_it_is_not_kept(tmp_path):
    vault = Vault(tmp_path / "files", FileLimits(ranges_of_all=40), sealed=True)
    firsts = []
    for number in (1, 2):
        for place in range(30):
            put(vault, 100 * place, b"x", key(number))
        firsts.append(vault.describe(key(number), said(5000, "cut")))
    copies = [vault.again({**file, "ranges": file["ranges"][:20], "ranges_more": 10}) for file in firsts]
    assert [copy["path"] is None for copy in copies] == [True, False]
    assert (copies[0]["complete"], copies[0]["not_kept"], "key" in copies[0]) == (False, "limit", False)


@pytest.mark.parametrize("sealed", [False, True])
def test_what_is_not_sealed_or_not_kept_is_said_again_as_it_is(tmp_path, sealed):
    vault = Vault(tmp_path if not sealed else None, sealed=sealed)
    first = made(vault)
    assert vault.again(first) == first
    assert len(os.listdir(tmp_path)) == (not sealed)


@pytest.mark.parametrize(
    ("limits", "why"),
    [(FileLimits(files=1), "limit"), (FileLimits(octets_of_all=12_000), "limit")],
)
def test_copies_count_towards_the_limits(tmp_path, limits, why):
    vault = Vault(tmp_path, limits, sealed=True)
    first = made(vault)
    second = vault.again(first)
    assert (second["path"], second["complete"], second["not_kept"]) == (None, False, why)
    assert second["sha256"] == first["sha256"], "what it was is known all the same"
    assert "key" not in second
    assert vault.counters.unwritten_octets == 5000
    assert len(os.listdir(tmp_path)) == 1


def test_no_copy_is_made_on_a_disk_that_is_nearly_full(tmp_path, monkeypatch):
    vault = Vault(tmp_path, sealed=True)
    first = made(vault, 2 << 20)
    monkeypatch.setattr(vault._folder, "_free", 1 << 62)
    second = vault.again(first)
    assert (second["path"], second["not_kept"]) == (None, "disk full")
    assert len(os.listdir(tmp_path)) == 1


@pytest.mark.parametrize("harm", ["changed", "cut", "gone", "link"])
def test_file_that_somebody_meddled_with_is_not_copied(tmp_path, harm, caplog):
    vault = Vault(tmp_path / "files", sealed=True)
    first = made(vault)
    path = Path(str(first["path"]))
    raw = path.read_bytes()
    path.unlink()
    if harm == "changed":
        path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    elif harm == "cut":
        path.write_bytes(raw[:-1])
    elif harm == "link":
        (tmp_path / "elsewhere").write_bytes(raw)
        path.symlink_to(tmp_path / "elsewhere")
    there = len(os.listdir(tmp_path / "files"))
    second = vault.again(first)
    assert (second["path"], second["complete"], second["not_kept"]) == (None, False, "disk error")
    assert len(os.listdir(tmp_path / "files")) == there, "nothing half done is left"
    assert str(first["key"]) not in caplog.text


SANDBOXED = """
import json, sys
from pathlib import Path
from rcds_sniffer.files import Vault
from rcds_sniffer.sandbox import enter
from tests.rcds_sniffer.files.carrying import key, content, put, put_all, said
folder = Path(sys.argv[1])
vault = Vault(folder, sealed=True)
print(enter(folders=[folder], packages=[], without_landlock=True), flush=True)
for number in range(70):  # more than stay open
    put(vault, 500, content(1000, number)[500:], key(number))
for number in range(70):
    put(vault, 0, content(1000, number)[:500], key(number))
files = [vault.describe(key(number), said(1000)) for number in range(70)]
files.append(vault.again(files[0]))
put_all(vault, b"forgotten", key(100))
vault.forget(key(100))
put(vault, 0, content(100), key(101))
files.append(vault.describe(key(101), said(50)))
vault.close()
print(json.dumps(files))
"""


def test_sandboxed_process_seals_and_copies(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir(mode=0o700)
    if os.getuid() == 0:
        tmp_path.chmod(0o711)
        folder.chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-c", SANDBOXED, folder], capture_output=True, text=True, check=False, timeout=120
    )
    if "libseccomp is not installed" in done.stderr or "there is no user to become" in done.stderr:
        pytest.skip(done.stderr.splitlines()[-1])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("confined: ")
    files = json.loads(done.stdout.splitlines()[-1])
    assert len(os.listdir(folder)) == len(files) == 72
    with contextlib.closing(Extractor(tmp_path / "out")) as extractor:
        for number, file in enumerate(files[:70]):
            assert extractor.extract(file).read_bytes() == content(1000, number)
        assert extractor.extract(files[70]).read_bytes() == content(1000, 0)
        assert extractor.extract(files[71]).read_bytes() == content(100)[:50]

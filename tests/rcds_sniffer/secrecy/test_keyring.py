"""The keyring: a key for each order, of no use without the master key, and gone once it is destroyed."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from rcds_sniffer.secrecy import KeyDestroyed, Keyring, MasterKey, SecrecyError

MASTER = MasterKey(bytes(range(32)))
A, B = "a" * 32, "b" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def keyring(folder: Path) -> Keyring:
    return Keyring(folder, MASTER, create=True)


def test_a_key_is_the_same_when_it_is_loaded(keyring: Keyring, folder: Path) -> None:
    made = keyring.create(A)
    sealed = made.seal(b"hello", "x")
    assert keyring.key(A).open(sealed, "x") == b"hello"
    assert Keyring(folder, MASTER).key(A).open(sealed, "x") == b"hello"


def test_each_order_has_another(keyring: Keyring) -> None:
    assert keyring.create(A).derive("x") != keyring.create(B).derive("x")


def test_folder_and_files_are_private(folder: Path) -> None:
    old = os.umask(0)
    try:
        Keyring(folder, MASTER, create=True).create(A)
    finally:
        os.umask(old)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [(p.name, p.stat().st_mode & 0o777) for p in folder.iterdir()] == [(f"{A}.key", 0o600)]


def test_staff_of_one_group_share_a_folder_that_is_theirs(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o2770)
    Keyring(folder, MASTER).create(A)
    assert (folder / f"{A}.key").stat().st_mode & 0o777 == 0o640


def test_the_file_alone_is_no_key(keyring: Keyring, folder: Path) -> None:
    key = keyring.create(A)
    wrapped = (folder / f"{A}.key").read_bytes()
    assert len(wrapped) == 40
    assert key._octets not in wrapped
    with pytest.raises(SecrecyError, match="another master key"):
        Keyring(folder, MasterKey(bytes(32))).key(A)


def test_a_file_cannot_stand_in_anothers_place(keyring: Keyring, folder: Path) -> None:
    keyring.create(A)
    shutil.copy(folder / f"{A}.key", folder / f"{B}.key")
    with pytest.raises(SecrecyError, match="damaged"):
        keyring.key(B)


@pytest.mark.parametrize("octets", [b"", b"x" * 40, b"x" * 39, b"x" * 10_000])
def test_a_damaged_file_is_told(keyring: Keyring, folder: Path, octets: bytes) -> None:
    keyring.create(A)
    (folder / f"{A}.key").write_bytes(octets)
    with pytest.raises(SecrecyError, match="damaged"):
        Keyring(folder, MASTER).key(A)


def test_a_key_is_made_once(keyring: Keyring) -> None:
    keyring.create(A)
    with pytest.raises(SecrecyError, match="cannot be written"):
        keyring.create(A)


def test_destroyed_is_gone_for_all_who_have_it_open(keyring: Keyring, folder: Path) -> None:
    other = Keyring(folder, MASTER)
    keyring.create(A)
    keyring.create(B)
    assert other.key(A)
    keyring.destroy(A)
    for ring in (keyring, other, Keyring(folder, MASTER)):
        with pytest.raises(KeyDestroyed):
            ring.key(A)
        assert ring.key(B)
    assert [path.name for path in folder.iterdir()] == [f"{B}.key"]
    keyring.destroy(A)  # again: nothing


def test_the_file_is_written_over_before_it_is_removed(keyring: Keyring, folder: Path, tmp_path: Path) -> None:
    keyring.create(A)
    link = tmp_path / "link"
    os.link(folder / f"{A}.key", link)  # the same octets of the disk, by another name
    before = link.read_bytes()
    keyring.destroy(A)
    assert len(link.read_bytes()) == 40
    assert link.read_bytes() != before


def test_no_link_is_followed_to_write_over_another_file(keyring: Keyring, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "precious"
    other.write_text("precious")
    (folder / f"{A}.key").symlink_to(other)
    with pytest.raises(SecrecyError, match="cannot be destroyed"):
        keyring.destroy(A)
    with pytest.raises(SecrecyError):
        keyring.create(A)
    assert other.read_text() == "precious"


@pytest.mark.parametrize("reference", ["", "..", "../" + A, "a" * 31, "a" * 33, "A" * 32, A + "\n", "a" * 31 + "/"])
def test_nothing_but_a_reference_becomes_a_name(keyring: Keyring, reference: str) -> None:
    for do in (keyring.create, keyring.key, keyring.destroy):
        with pytest.raises(SecrecyError, match="32 hexadecimal digits"):
            do(reference)


def test_a_folder_that_is_open_or_none(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SecrecyError, match="no such keyring"):
        Keyring(folder, MASTER)
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(SecrecyError, match=f"chmod o-rwx {folder}"):
        Keyring(folder, MASTER)
    (tmp_path / "file").touch(0o600)
    with pytest.raises(SecrecyError, match="is no folder"):
        Keyring(tmp_path / "file", MASTER)
    with pytest.raises(SecrecyError, match="no such keyring"):
        Keyring(tmp_path / "nowhere" / "keys", MASTER, create=True)


@pytest.mark.parametrize("mode", [0o660, 0o604])
def test_a_key_that_others_may_use_is_refused(keyring: Keyring, folder: Path, mode: int) -> None:
    keyring.create(A)
    (folder / f"{A}.key").chmod(mode)
    with pytest.raises(SecrecyError, match="mend it: chmod"):
        Keyring(folder, MASTER).key(A)


AS_SOMEBODY = """
import os, sys
from pathlib import Path
from rcds_sniffer.secrecy import SecrecyError, check_private
os.setgroups([60003]); os.setgid(60001); os.setuid(60001)
try:
    check_private(Path(sys.argv[1]), "the thing")
    print("fine")
except SecrecyError as error:
    print(error)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize(
    ("owner", "group", "fine"), [(60001, 0, True), (0, 0, True), (60002, 60002, False), (60002, 60003, True)]
)
def test_it_is_ours_or_roots_or_shared_with_a_group_of_ours(owner: int, group: int, fine: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are root's alone
        Path(folder).chmod(0o711)
        path = Path(folder, "thing")
        path.touch(0o640)
        os.chown(path, owner, group)
        command = [sys.executable, "-c", AS_SOMEBODY, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    refused = f"{path}: the thing belongs to somebody else; mend it, as root: chown 60001 {path}"
    assert (done.stdout.strip(), done.stderr) == ("fine" if fine else refused, "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root acts for a service")
def test_root_makes_a_services_keys_for_the_service(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    os.chown(folder, 60001, 60002)
    Keyring(folder, MASTER).create(A)
    status = (folder / f"{A}.key").stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (60001, 60002, 0o600)

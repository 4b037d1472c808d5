"""The head beside the keys: it only goes on, is for the keyring's owner, and is whole or the one before."""

import os
import subprocess
import sys

import pytest

from rcds_sniffer.register import Head, RegisterError
from rcds_sniffer.register.head import HeadFile


@pytest.fixture
def file(tmp_path):
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    return HeadFile(folder)


def head(number: int) -> Head:
    return Head(number, f"{number:064x}")


def test_there_is_none_at_first(file):
    assert file.read() is None


def test_it_goes_on_and_never_back(file):
    for number in (1, 7, 3, 7):
        file.advance(head(number))
    assert file.read() == head(7)


def test_writers_at_once_leave_the_furthest(file):
    program = (
        "import sys\nfrom pathlib import Path\nfrom rcds_sniffer.register import Head\n"
        "from rcds_sniffer.register.head import HeadFile\n"
        "for number in range(int(sys.argv[2]), 121, 4):\n"
        "    HeadFile(Path(sys.argv[1])).advance(Head(number, f'{number:064x}'))\n"
    )
    command = [sys.executable, "-c", program, str(file.path.parent)]
    running = [subprocess.Popen([*command, str(first)]) for first in (1, 2, 3, 4)]
    assert [process.wait() for process in running] == [0] * 4
    assert file.read() == head(120)
    assert {path.name for path in file.path.parent.iterdir()} == {"audit.head", "audit.lock"}


def test_it_is_for_the_owner_alone_unless_the_folder_is_for_a_group(file):
    file.advance(head(1))
    assert file.path.stat().st_mode & 0o777 == 0o600
    file.path.parent.chmod(0o750)
    file.advance(head(2))
    assert file.path.stat().st_mode & 0o777 == 0o640


def test_root_leaves_it_to_the_owner_of_the_folder(file):
    if os.geteuid() != 0:
        pytest.skip("takes root")
    os.chown(file.path.parent, 1, 1)
    file.advance(head(1))
    for path in file.path.parent.iterdir():
        assert (path.stat().st_uid, path.stat().st_gid) == (1, 1)


def test_what_a_killed_writer_left_is_in_nobodys_way(file):
    file.path.with_name("audit.head.new").write_text("1")
    file.advance(head(2))
    assert file.read() == head(2)


def test_link_in_the_place_of_the_lock_is_not_followed(file, tmp_path):
    (file.path.parent / "audit.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RegisterError, match="cannot be written"):
        file.advance(head(1))
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("octets", [b"", b"7", b"\xff" * 300, b"7:" + b"0" * 63, b"7:" + b"0" * 64 + b"\n8"])
def test_damage_is_told_and_not_written_over(file, octets):
    file.path.write_bytes(octets)
    with pytest.raises(RegisterError, match="is damaged"):
        file.read()
    with pytest.raises(RegisterError, match="is damaged"):
        file.advance(head(9))
    assert file.path.read_bytes() == octets

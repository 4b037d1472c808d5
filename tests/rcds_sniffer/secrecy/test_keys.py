"""Where the master key comes from, and what is refused."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rcds_sniffer.secrecy import MasterKey, SecrecyError, load_master_key, make_master_key

OCTETS = bytes(range(32))
TEXT = base64.b64encode(OCTETS).decode()


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RCDS_SNIFFER_KEY", raising=False)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def same(one: MasterKey, other: MasterKey) -> bool:
    return one.derive("test") == other.derive("test")


def write(path: Path, text: str = TEXT + "\n") -> str:
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def test_a_new_key_is_its_owners_alone_and_loads(tmp_path: Path) -> None:
    file = str(tmp_path / "key")
    old = os.umask(0)
    try:
        made = make_master_key(file)
    finally:
        os.umask(old)
    assert os.stat(file).st_mode & 0o777 == 0o600
    assert same(load_master_key(file), made)
    assert not same(make_master_key(str(tmp_path / "other")), made)


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    file = write(tmp_path / "key")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in (file, str(tmp_path / "link")):
        with pytest.raises(SecrecyError, match="never written over"):
            make_master_key(name)
    assert Path(file).read_text() == TEXT + "\n"
    assert not (tmp_path / "nowhere").exists()


def test_file_before_environment_before_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path / "key", base64.b64encode(b"f" * 32).decode())
    write(tmp_path / "rcds-sniffer.key", base64.b64encode(b"c" * 32).decode())
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("RCDS_SNIFFER_KEY", TEXT)
    assert same(load_master_key(file), MasterKey(b"f" * 32))
    monkeypatch.setenv("RCDS_SNIFFER_KEY", TEXT)
    assert same(load_master_key(None), MasterKey(OCTETS))
    assert same(load_master_key(None), MasterKey(b"c" * 32))


@pytest.mark.parametrize("named", [True, False])
def test_the_environment_has_it_no_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool) -> None:
    monkeypatch.setenv("RCDS_SNIFFER_KEY", TEXT)
    load_master_key(write(tmp_path / "key") if named else None)
    assert "RCDS_SNIFFER_KEY" not in os.environ
    child = subprocess.run(["env"], capture_output=True, text=True, check=True)
    assert TEXT not in child.stdout


def test_no_key_says_where_to_name_one() -> None:
    with pytest.raises(SecrecyError, match="--key-file"):
        load_master_key(None)


@pytest.mark.parametrize(
    "text", ["", "hello", TEXT[:-4], TEXT + TEXT, "\xff" * 44, "A" * 10_000, TEXT.replace("A", "*")]
)
def test_what_is_no_key_is_refused_and_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    file = write(tmp_path / "key", text)
    with pytest.raises(SecrecyError, match="is no key") as refused:
        load_master_key(file)
    assert not text or text not in str(refused.value)
    monkeypatch.setenv("RCDS_SNIFFER_KEY", text)
    with pytest.raises(SecrecyError, match="is no key"):
        load_master_key(None)


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(SecrecyError, match="there is no such key"):
        load_master_key(str(tmp_path / "key"))
    tmp_path.chmod(0o700)
    with pytest.raises(SecrecyError, match="cannot be read"):
        load_master_key(str(tmp_path))


@pytest.mark.parametrize(("mode", "mended"), [(0o604, "o-rwx"), (0o601, "o-rwx"), (0o660, "g-w"), (0o644, "o-rwx")])
def test_a_key_that_others_may_use_is_refused(tmp_path: Path, mode: int, mended: str) -> None:
    file = tmp_path / "a key"
    write(file)
    file.chmod(mode)
    with pytest.raises(SecrecyError) as refused:
        load_master_key(str(file))
    command = str(refused.value).partition("mend it: ")[2]
    assert command == f"chmod {mended} '{file}'"
    subprocess.run(command, shell=True, check=True)  # noqa: S602 - what we tell people to type
    assert same(load_master_key(str(file)), MasterKey(OCTETS))


def test_a_group_may_read_a_key(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write(file)
    file.chmod(0o640)
    load_master_key(str(file))


HIDDEN = """
import ctypes, os, resource, sys
from rcds_sniffer.secrecy import hide_memory
locked = hide_memory()
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0  # PR_GET_DUMPABLE
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
assert (int(status["VmLck"].split()[0]) > 0) is locked, status["VmLck"]
assert os.stat("/proc/self/environ").st_uid == 0
kept = bytearray(1 << 20)  # what comes later is locked too, and goes on to work
print("hidden")
"""


def test_memory_is_hidden() -> None:
    done = subprocess.run([sys.executable, "-c", HIDDEN], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("hidden\n", "")


def test_a_crash_leaves_no_core(tmp_path: Path) -> None:
    script = "import os; from rcds_sniffer.secrecy import hide_memory; hide_memory(); os.abort()"
    command = f'ulimit -c unlimited 2>/dev/null; exec {sys.executable} -c "{script}"'
    done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, check=False)  # noqa: S602
    assert done.returncode == -6
    assert not list(tmp_path.iterdir())

"""What keeps a process from its sandbox, and what it finds there. Each runs in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rcds_sniffer.sandbox import SandboxError, landlock
from rcds_sniffer.sandbox.forgetting import SECRETS
from rcds_sniffer.sandbox.privileges import choose
from rcds_sniffer.secrecy.keys import VARIABLE
from tests.rcds_sniffer.sandbox.memory import memory_of

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")


def inside(program: str, *, before: str = "") -> str:
    """What a program writes that has entered the sandbox, its errors among it."""
    whole = f"""
import os, sys, threading
from pathlib import Path
from rcds_sniffer.sandbox import Muted, SandboxError, enter, landlock
{before}
try:
    {program}
except SandboxError as error:
    print("SandboxError:", error)
"""
    words = [sys.executable, "-c", whole]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    return done.stdout + done.stderr


def test_other_threads_are_refused_since_they_would_keep_their_rights() -> None:
    told = inside("enter()", before="threading.Thread(target=threading.Event().wait, daemon=True).start()")
    assert "SandboxError: sandbox: other threads run already" in told


@ROOT
@pytest.mark.parametrize("user", ["root", "nobody-of-this-name", "a\0b"])
def test_a_user_that_is_no_use_is_refused_with_what_mends_it(user: str) -> None:
    with pytest.raises(SandboxError, match="--user") as refused:
        choose(user)
    assert "\n" not in str(refused.value)


@ROOT
def test_without_a_user_of_its_own_root_becomes_nobody_or_the_sensors() -> None:
    chosen = choose(None)
    assert chosen is not None
    assert chosen.pw_name in ("rcds-sniffer", "nobody")
    assert chosen.pw_uid != 0


@ROOT
def test_a_folder_of_somebody_else_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    told = inside(f"enter(folders=[Path({str(tmp_path)!r})])")
    assert "may not write here: chown" in told
    assert "Traceback" not in told


def test_a_folder_that_is_not_there_is_refused() -> None:
    assert "/nowhere/at/all: cannot be opened: No such file" in inside("enter(folders=[Path('/nowhere/at/all')])")


def test_folders_need_landlock_unless_told_otherwise(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    away = "landlock.version = lambda: 0"
    folder = f"folders=[Path({str(tmp_path)!r})]"
    assert "SandboxError: sandbox: this kernel has no Landlock" in inside(f"enter({folder})", before=away)
    told = inside(f"print(enter({folder}, without_landlock=True))", before=away)
    assert "this kernel has no Landlock), files in" in told


def test_without_folders_seccomp_alone_refuses_every_file() -> None:
    told = inside("enter(); os.open('/dev/null', os.O_RDONLY)", before="landlock.version = lambda: 0")
    assert "PermissionError" in told


@pytest.mark.skipif(landlock.version() == 0, reason="no Landlock here")
def test_in_its_folder_files_are_made_and_beside_it_none(tmp_path: Path) -> None:
    folder, beside = tmp_path / "in", tmp_path / "beside"
    for place in (tmp_path, *tmp_path.parents[:2]):
        place.chmod(0o755)
    for place in (folder, beside):
        place.mkdir()
        place.chmod(0o777)
    (beside / "secret").write_text("secret")
    (folder / "link").symlink_to(beside / "secret")
    program = f"""
    os.chdir({str(folder)!r})
    enter(folders=[Path({str(folder)!r})])
    Path("made").write_text("made")
    os.rename("made", "renamed")
    print(Path("renamed").read_text())
    for name in ("../beside/secret", "link", "../beside/new", "/etc/passwd"):
        for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR | os.O_CREAT):
            try:
                os.open(name, flags)
                print("OPENED", name)
            except OSError:
                print("refused")
    for call in (lambda: os.rename("renamed", "../beside/x"), lambda: os.link("renamed", "l"),
                 lambda: os.symlink("/etc", "s"), lambda: os.mkfifo("f"), lambda: os.unlink("../beside/secret")):
        try:
            call()
            print("DONE")
        except OSError as error:
            print("refused")
"""
    told = inside(program.strip())
    assert told.split() == ["made", *["refused"] * 17]


def test_every_codec_decodes_and_encodes_inside() -> None:
    program = """
    import codecs, contextlib, encodings.aliases
    enter()
    opened, used = [], 0
    sys.addaudithook(lambda event, what: opened.append((event, what)) if event in ("open", "import") else None)
    for name in sorted({*encodings.aliases.aliases.values(), "utf_8_sig", "idna"} - {"mbcs", "oem"}):  # Windows'
        codec = codecs.lookup(name)
        if codec._is_text_encoding:
            used += 1
            for octets in (b"plain", bytes(range(256)), b"\\x1b$B\\x30\\x21\\x1b(B", "\u4f60\u597d".encode("gbk")):
                with contextlib.suppress(UnicodeError):
                    octets.decode(name, "replace")
            for text in ("plain", "\u4f60\u597d", "\u0643\u064a\u0641", "\U0001f389"):
                with contextlib.suppress(UnicodeError):
                    text.encode(name, "replace")
    for error in ("backslashreplace", "namereplace", "xmlcharrefreplace"):
        "\u4f60".encode("ascii", error)
    import unicodedata, time, traceback, json
    print(unicodedata.name("\u4f60"), time.strftime("%c %Z"), end=" ")
    print(time.strptime("2020", "%Y").tm_year, used > 80, opened)
"""
    told = inside(program.strip())
    assert told.rstrip().endswith("2020 True []"), told


def test_an_import_that_comes_too_late_says_so() -> None:
    assert "wave: cannot be imported in the sandbox" in inside("enter(); import wave")


def test_threads_start_inside_and_are_confined_too() -> None:
    program = """
    enter()
    def look():
        try:
            os.open("/dev/null", os.O_RDONLY)
        except PermissionError:
            print("refused", os.getresuid().count(0))
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
"""
    assert inside(program.strip()).split() == ["refused", "0"]


def test_a_listening_socket_of_before_is_served_only_where_that_was_asked_for() -> None:
    before = """
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
"""
    ask = "enter({}); made, _ = server.accept(); made.sendall(b'x'); print(client.recv(1))"
    assert "b'x'" in inside(ask.format("serves=True"), before=before)
    assert "PermissionError" in inside(ask.format(""), before=before)


def test_what_raises_inside_is_told_with_its_traceback() -> None:
    told = inside("enter(); raise ValueError('told')")
    assert "Traceback" in told
    assert "ValueError: told" in told


def test_a_sensor_carries_no_database_along() -> None:
    before = "import rcds_sniffer.cli.capture"
    assert inside("enter(); print(sorted({'sqlalchemy', 'dpkt.ethernet'} & set(sys.modules)))", before=before) == (
        "['dpkt.ethernet']\n"
    )


def test_what_is_kept_of_files_can_be_sealed_inside() -> None:
    before = "from cryptography.hazmat.primitives.ciphers.aead import AESGCM"
    program = "enter(); print(len(AESGCM(AESGCM.generate_key(256)).encrypt(bytes(12), b'octets', b'about')))"
    assert inside(program, before=before) == "22\n"


SECRET = "c2VjcmV0LXRoYXQtbm9ib2R5LW1heS1maW5kLWhlcmU="  # noqa: S105 - nobody has it


@ROOT
@pytest.mark.parametrize("enters", [True, False])
def test_the_key_of_the_environment_is_nowhere_in_the_memory_of_the_sensor(enters: bool) -> None:
    program = "import sys\nfrom rcds_sniffer.sandbox import enter\n" + "enter()\n" * enters
    program += "print('ready', flush=True)\nsys.stdin.read()"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), VARIABLE: SECRET}
    words = [sys.executable, "-c", program]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        found = SECRET.encode() in memory_of(process.pid)
        process.kill()
    assert found is not enters


def test_what_is_forgotten_is_what_the_key_comes_by() -> None:
    assert VARIABLE in SECRETS

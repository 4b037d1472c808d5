"""The unit of a sensor, and the drop-ins that we show, judged by systemd itself."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from rcds_sniffer.secrecy.keys import CREDENTIAL
from tests.conftest import ROOT

PACKAGING = ROOT / "packaging"
UNIT = PACKAGING / "systemd" / "rcds-sniffer@.service"
DROP_INS = sorted((PACKAGING / "examples").glob("*.conf"))
SYSTEM = Path("usr/lib/systemd/system")

MOST_EXPOSED = 1.3
"""Of 10, by `systemd-analyze security`: the rest is a packet socket in the host's network, sockets between
two processes, the table of users, and capset, with which our own sandbox gives up what is left."""

if not (shutil.which("systemd-analyze") and PACKAGING.is_dir()):
    if os.environ.get("CI"):
        pytest.fail("systemd-analyze is needed: tools/install-debian-packages", pytrace=False)
    pytest.skip("needs systemd-analyze", allow_module_level=True)


def settings() -> dict[str, list[str]]:
    """What the unit says, by its keys."""
    said: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            said.setdefault(key, []).append(value)
    return said


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A file system with systemd's own units, our unit, and a program where it looks for one."""
    shutil.copytree(Path("/", SYSTEM), tmp_path / SYSTEM, symlinks=True)
    shutil.copy(UNIT, tmp_path / SYSTEM)
    program = tmp_path / "usr" / "bin" / "rcds-sniffer"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return tmp_path


def verify(root: Path) -> str:
    """What systemd complains of."""
    words = ["systemd-analyze", "verify", "--man=no", f"--root={root}", "rcds-sniffer@eth1.service"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr + (f"exit code {done.returncode}" if done.returncode else "")


def test_systemd_takes_every_line_of_the_unit(root: Path) -> None:
    assert verify(root) == ""


def test_systemd_would_complain_of_a_line_that_it_does_not_know(root: Path) -> None:
    with (root / SYSTEM / UNIT.name).open("a") as unit:
        unit.write("[Service]\nProtectEverything=yes\n")
    assert "ProtectEverything" in verify(root)


@pytest.mark.parametrize("drop_in", DROP_INS, ids=lambda path: path.name)
def test_systemd_takes_the_drop_ins_that_we_show(root: Path, drop_in: Path) -> None:
    folder = root / "etc" / "systemd" / "system" / f"{UNIT.name}.d"
    folder.mkdir(parents=True)
    shutil.copy(drop_in, folder)
    assert verify(root) == ""


def test_a_sensor_is_exposed_no_more_than_we_reached() -> None:
    words = ["systemd-analyze", "security", "--offline=yes", f"--threshold={round(MOST_EXPOSED * 10)}", str(UNIT)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Overall exposure level" in done.stdout


def test_what_is_left_of_exposure_is_what_a_capture_needs() -> None:
    words = ["systemd-analyze", "security", "--offline=yes", "--json=short", str(UNIT)]
    said = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    # "set" is whether a wall stands; what is not judged (null) does not matter for a service that is not root.
    open_walls = {entry["json_field"].rstrip(")") for entry in said if entry["set"] is False}
    assert open_walls == {
        "AmbientCapabilities",
        "CapabilityBoundingSet_CAP_NET_BIND_SERVICE_BROADCAST_RAW",
        "DeviceAllow",  # the clock, to read: ProtectClock gives it
        "PrivateNetwork",
        "PrivateUsers",
        "RestrictAddressFamilies_AF_PACKET",
        "RestrictAddressFamilies_AF_UNIX",
        "RootDirectoryOrRootImage",
        "SystemCallFilter_privileged",  # capset, to give up what is left
    }


def test_the_key_is_handed_over_by_the_name_under_which_it_is_looked_for() -> None:
    [credential] = settings()["LoadCredential"]
    name, _, file = credential.partition(":")
    assert name == CREDENTIAL
    assert settings()["AssertPathExists"] == [file]
    assert f"-{file}" in settings()["InaccessiblePaths"]


def test_nothing_that_names_a_target_is_on_the_command_line() -> None:
    [command] = settings()["ExecStart"]
    assert command == "/usr/bin/rcds-sniffer --config /etc/rcds-sniffer/config.toml capture --interface %i"

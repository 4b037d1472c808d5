"""What goes into the Debian package beside the program; the package itself is tried where it is asked for."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rcds_sniffer.cli import COMMANDS, Imported
from rcds_sniffer.cli.config import load
from tests.conftest import ROOT

PACKAGING = ROOT / "packaging"
DEBIAN = PACKAGING / "debian"
SCRIPTS = [*(DEBIAN / name for name in ("postinst", "prerm", "postrm")), ROOT / "tools" / "make-deb",
           ROOT / "tools" / "try-deb", ROOT / "tests" / "packaging" / "try" / "inside"]  # fmt: skip

pytestmark = pytest.mark.skipif(not PACKAGING.is_dir(), reason="the tree's packaging is not here")

if not os.environ.get("RCDS_TRY_DEB"):
    WHY_NOT = "takes minutes, root and Debian's packages: make try-deb, or RCDS_TRY_DEB=1"
elif os.geteuid() != 0 or not shutil.which("apt-get"):
    WHY_NOT = "a clean Debian in a container needs root and apt-get"
else:
    WHY_NOT = ""


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
def test_the_package_lives_in_a_clean_debian_from_installation_to_purge(tmp_path: Path) -> None:
    made = subprocess.run([ROOT / "tools" / "make-deb", tmp_path], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    package = made.stdout.split()[-1]
    tried = subprocess.run(
        [ROOT / "tools" / "try-deb", package, tmp_path / "try"], capture_output=True, text=True, check=False
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert tried.stdout.endswith("all is as it should be\n")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shells_can_read_the_scripts_which_end_at_the_first_failure(script: Path) -> None:
    subprocess.run(["sh", "-n", script], check=True)
    assert re.search(r"^set -eu?$", script.read_text(), flags=re.MULTILINE)


def test_the_program_takes_the_settings_that_the_package_brings() -> None:
    settings = load(DEBIAN / "config.toml", Imported(), "capture")
    assert settings["capture"] == {"db": "/var/lib/rcds-sniffer/records.sqlite"}


@pytest.mark.skipif(not shutil.which("visudo"), reason="needs visudo, of the package sudo")
def test_sudo_takes_the_rules_that_we_show(tmp_path: Path) -> None:
    rules = tmp_path / "sudoers"
    shutil.copy(PACKAGING / "examples" / "sudoers", rules)
    rules.chmod(0o440)
    subprocess.run(["visudo", "--check", "--strict", f"--file={rules}"], capture_output=True, check=True)


def test_the_manual_has_every_command_and_every_option_of_it() -> None:
    tool = [sys.executable, ROOT / "tools" / "man-page"]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "0", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    page = subprocess.run(tool, env=environment, capture_output=True, text=True, check=True).stdout
    assert page.startswith('.TH RCDS\\-SNIFFER 1 "1970\\-01\\-01"\n')
    for name in COMMANDS:
        assert f'\n.SS "{name} ' in page
        for parameter in Imported()[name].params:
            if isinstance(parameter, click.Option):
                assert parameter.opts[-1].replace("-", "\\-") in page


def test_the_command_of_the_package_lets_neither_environment_nor_folder_say_what_runs() -> None:
    first = (DEBIAN / "rcds-sniffer").read_text().splitlines()[0]
    assert first == "#!/usr/lib/rcds-sniffer/bin/python -IB"

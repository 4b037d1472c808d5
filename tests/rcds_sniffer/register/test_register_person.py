"""Who somebody is: the user who logged in, whoever they became since and whatever their environment says."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from rcds_sniffer.register import RegisterError, current_person
from rcds_sniffer.register import person as person_module

ANOTHER = pwd.getpwuid(1).pw_name


@pytest.fixture
def login_uid(monkeypatch, tmp_path):
    """Stands for the kernel's file."""
    path = tmp_path / "loginuid"
    monkeypatch.setattr(person_module, "LOGIN_UID", path)
    return path


def test_who_logged_in_counts_before_who_runs_the_process(login_uid):
    login_uid.write_text("1")
    assert current_person() == ANOTHER != pwd.getpwuid(os.getuid()).pw_name


def test_without_a_login_it_is_the_real_user(login_uid):
    login_uid.write_text("4294967295")
    assert current_person() == pwd.getpwuid(os.getuid()).pw_name
    login_uid.unlink()  # a kernel that keeps none
    assert current_person() == pwd.getpwuid(os.getuid()).pw_name


def test_user_without_a_name_has_a_number(login_uid):
    login_uid.write_text("3999999999")
    assert current_person() == "uid-3999999999"


@pytest.mark.parametrize("text", ["", "root", "-", "1 2"])
def test_kernel_that_says_no_number_makes_nobody_the_real_user(login_uid, text):
    login_uid.write_text(text)
    with pytest.raises(RegisterError, match="does not say who logged in"):
        current_person()


def test_file_that_cannot_be_read_makes_nobody_the_real_user(login_uid):
    login_uid.mkdir()
    with pytest.raises(RegisterError):
        current_person()


def test_environment_makes_nobody_another(monkeypatch):
    before = current_person()
    for name in ("USER", "LOGNAME", "SUDO_USER", "SUDO_UID", "LNAME", "USERNAME", "HOME"):
        monkeypatch.setenv(name, "mallory")
    assert current_person() == before


def test_who_logged_in_stays_the_same_as_root_and_in_a_process_that_hides_its_memory():
    program = (
        "from pathlib import Path\n"
        "Path('/proc/self/loginuid').write_text('1')\n"
        "from rcds_sniffer.register import current_person\n"
        "from rcds_sniffer.secrecy import hide_memory\n"
        "hide_memory()\n"
        "print(current_person())\n"
    )
    if not Path("/proc/self/loginuid").exists() or os.getuid() != 0 or _login_uid() != 2**32 - 1:
        pytest.skip("takes root without a login, on a kernel that keeps login uids")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"{ANOTHER}\n"


def _login_uid() -> int:
    return int(Path("/proc/self/loginuid").read_text())

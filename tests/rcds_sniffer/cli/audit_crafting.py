"""A database of orders, and the program run as a user who logged in: sudo would not make them another."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

LOGIN_UID = Path("/proc/self/loginuid")

AS = (
    "import os, sys\n"
    "open('/proc/self/loginuid', 'w').write(sys.argv[1])\n"
    "os.execv(sys.executable, [sys.executable, '-m', 'rcds_sniffer', *sys.argv[2:]])\n"
)


def name_of(uid: int) -> str:
    """The user's name, as the log has it."""
    return pwd.getpwuid(uid).pw_name


class Office:
    """A database, its key and its keyring."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "orders.db"
        self.keys = ["--db", str(self.db), "--key-file", str(folder / "key")]

    def run(self, *arguments: object, uid: int | None = None) -> "subprocess.CompletedProcess[str]":
        """``rcds-sniffer ARGUMENTS`` with the keys; as the user ``uid``, or as who runs the tests."""
        words = [*map(str, arguments), *self.keys]
        start = ["-m", "rcds_sniffer"] if uid is None else ["-c", AS, str(uid)]
        return subprocess.run([sys.executable, *start, *words], capture_output=True, text=True, check=False)

    def done(self, *arguments: object, uid: int | None = None) -> str:
        """The standard output of what has to go well."""
        out = self.run(*arguments, uid=uid)
        assert out.returncode == 0, out.stderr
        return out.stdout


def needs_login_uids() -> None:
    """Skips where nobody can log in as somebody else for a test."""
    if os.getuid() != 0 or not LOGIN_UID.exists() or int(LOGIN_UID.read_text()) != 2**32 - 1:
        pytest.skip("takes root without a login, on a kernel that keeps login uids")

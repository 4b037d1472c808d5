"""What must be known of a machine to read its numbers; nothing that would name it."""

import json
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from bench.programs import Installation

_VERSIONS = {
    "tcpdump": ("tcpdump", "--version"),
    "tshark": ("tshark", "--version"),
    "tcpflow": ("tcpflow", "--version"),
    "tcpick": ("tcpick", "--version"),
}
_PACKAGES = ("dsniff",)  # tells its version to nobody but the package manager

_OURS = """
import importlib.metadata, json, sys
packages = ("capture", "reassembly", "msnp", "rcds_sniffer")
import importlib.util, pathlib
folders = [pathlib.Path(importlib.util.find_spec(name).origin).parent for name in packages]
compiled = sum(1 for folder in folders for _ in folder.rglob("*.so"))
versions = {}
for name in ("SQLAlchemy", "click", "rich", "scapy", "Cython"):
    try: versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError: pass
print(json.dumps({"python": sys.version.split()[0], "compiled_modules": compiled, "packages": versions}))
"""


def facts(ours: Installation) -> dict[str, object]:
    """Processors, memory, kernel, versions, and how busy the machine is as we begin."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "kernel": platform.release().partition("-")[0],
        "system": _system(),
        "load": round(os.getloadavg()[0], 1),
        "ours": json.loads(_said([str(ours.python), "-c", _OURS], ours.environment) or "{}"),
        "peers": {name: version for name in _VERSIONS if (version := _version(_VERSIONS[name]))}
        | {name: version for name in _PACKAGES if (version := _packaged(name))},
    }


def _processor() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()


def _version(command: tuple[str, ...]) -> str:
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")  # noqa: S603
    found = re.search(r"\d+\.\d+[\w.]*", done.stdout + done.stderr)
    return found[0] if found else "?"


def _packaged(name: str) -> str:
    if shutil.which("dpkg-query") is None:
        return ""
    return _said(["dpkg-query", "--show", "--showformat=${Version}", name], os.environ)  # type: ignore[arg-type]


def _said(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd="/")  # noqa: S603
    return done.stdout.strip()

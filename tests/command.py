"""Runs the program as a user does."""

import json
import os
import subprocess
import sys
from pathlib import Path


def run(
    *arguments: object, stdin: bytes | None = None, cwd: Path | None = None, hash_seed: str = "random"
) -> subprocess.CompletedProcess[str]:
    """``rcds-sniffer ARGUMENTS``; output and errors as text."""
    done = subprocess.run(
        [sys.executable, "-m", "rcds_sniffer", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        timeout=300,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def replay(*arguments: object, stdin: bytes | None = None) -> list[dict]:  # type: ignore[type-arg]
    """The records of ``replay --no-db --format jsonl ARGUMENTS``."""
    done = run("replay", "--no-db", "--format", "jsonl", "--sensor", "nis-1", *arguments, stdin=stdin)
    assert done.returncode in (0, 1), done.stderr
    return [json.loads(line) for line in done.stdout.split("\n") if line]

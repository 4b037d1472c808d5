"""What the doctor says: one thing looked at, how bad it is, and what to do about it."""

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """From nothing to do, to nothing can be recorded like this."""

    FINE = 0
    HINT = 1
    """Worth knowing; records are as good as they would be without."""
    WARNING = 2
    """Records are missing, cut or late, or the sensor gives itself away."""
    ERROR = 3
    """Nothing can be recorded like this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    check: str
    """What was looked at, in one word that stays the same."""
    severity: Severity
    seen: str
    """One line, with numbers."""
    mend: str | None = None
    """One line: a command, or what to change; None where there is nothing to do."""


def fine(check: str, seen: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Severity.FINE, seen)


def hint(check: str, seen: str, mend: str | None = None) -> Finding:
    """Worth knowing."""
    return Finding(check, Severity.HINT, seen, mend)


def warning(check: str, seen: str, mend: str) -> Finding:
    """Records suffer, or the sensor shows."""
    return Finding(check, Severity.WARNING, seen, mend)


def error(check: str, seen: str, mend: str) -> Finding:
    """It cannot work."""
    return Finding(check, Severity.ERROR, seen, mend)


def count_of(number: int, noun: str) -> str:
    """``1 packet``, ``1,200 packets``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")

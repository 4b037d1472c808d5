"""What all tests share: where the real captures are, if they are here, and whether the tested modules are compiled.

``make test`` runs the suite twice: over the sources, and with ``--compiled`` over a wheel in a second environment.
"""

import ast
import os
from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("busy", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")  # side by side, on a busy machine, how long an example takes proves nothing

ROOT = Path(__file__).parent.parent
PCAPS = ROOT / "tests" / "pcaps"
LIVE = ROOT / "tests" / "live"
TESTS = ROOT / "tests" / "rcds_sniffer"
PLAIN = frozenset({
    TESTS / "register", TESTS / "secrecy", TESTS / "cli" / "test_orders.py", TESTS / "cli" / "test_roles.py",
    TESTS / "cli" / "test_audit.py", ROOT / "tests" / "packaging", ROOT / "tests" / "test_searching.py",
    ROOT / "tests" / "test_docs.py",
})  # fmt: skip
"""Tests of what is never compiled, the same Python in the sources and in the wheel: they run over the sources."""

SHARED = ROOT.parent / "shared" / "pcaps"
"""Captures of real clients, which the project does not ship; tests that use them skip where they are absent."""

BINDING = "pypcap" if find_spec("pcap") else "libpcap"
"""Whose binding of libpcap goes with libnids: that of the same age, where it is installed."""


def compiled_modules() -> tuple[str, ...]:
    """What setup.py compiles when a wheel is built."""
    for statement in ast.parse((ROOT / "setup.py").read_text()).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "COMPILED":
            names: tuple[str, ...] = ast.literal_eval(statement.value)
            return names
    raise LookupError("setup.py has no COMPILED")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--compiled``."""
    parser.addoption(
        "--compiled", action="store_true", help="test the installed wheel, whose hot modules are compiled"
    )


def pytest_configure(config: pytest.Config) -> None:
    """What is tested must be what was asked for, here and in every program that a test starts."""
    if not config.getoption("--compiled"):
        return
    os.environ["PYTHONSAFEPATH"] = "1"  # of no program is the current folder the first place for modules
    wrong = [name for name in compiled_modules() if not _is_compiled_elsewhere(name)]
    if wrong:
        raise pytest.UsageError(f"not compiled, or not the installed ones: {', '.join(wrong)}")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Over a wheel, what it can change. On several cores, what shares fixtures stays together: a file; and the live
    tests, which wait much and begin.

    Nothing else need be kept apart: namespaces bear the number of their process, ports and files are fresh.
    """
    if config.getoption("--compiled"):
        plain = [item for item in items if not PLAIN.isdisjoint((item.path, *item.path.parents))]
        config.hook.pytest_deselected(items=plain)
        items[:] = [item for item in items if PLAIN.isdisjoint((item.path, *item.path.parents))]
    if not getattr(config.option, "loadgroup", False):  # of pytest-xdist, which may be absent
        return
    items.sort(key=lambda item: LIVE not in item.path.parents)
    for item in items:
        item.add_marker(pytest.mark.xdist_group("live" if LIVE in item.path.parents else item.path.stem))


def _is_compiled_elsewhere(name: str) -> bool:
    file = import_module(name).__file__ or ""
    return file.endswith(tuple(EXTENSION_SUFFIXES)) and not Path(file).is_relative_to(ROOT / name.partition(".")[0])


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever stands in the home of who runs the tests must not change them."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    for name in [name for name in os.environ if name.startswith("RCDS_SNIFFER_")]:
        monkeypatch.delenv(name)

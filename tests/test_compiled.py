"""The modules that a wheel compiles, and what the program says where they are not."""

import logging
import re
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from rcds_sniffer import compiled as module
from rcds_sniffer.compiled import HOT, compiled, tell_if_slow
from tests.command import run
from tests.conftest import PCAPS, ROOT, compiled_modules

DEMO = PCAPS / "demo.pcap"
PACKAGES = ("capture", "reassembly", "msnp", "rcds_sniffer")
SLOW = "the program is not compiled"


def test_what_is_compiled_has_its_source_in_the_tree() -> None:
    names = compiled_modules()
    assert len(set(names)) == len(names)
    for name in names:
        assert (ROOT / name.replace(".", "/")).with_suffix(".py").exists(), name


def test_no_compiled_module_shadows_a_source_of_the_tree() -> None:
    for name in compiled_modules():
        source = ROOT / name.replace(".", "/")
        assert not [suffix for suffix in EXTENSION_SUFFIXES if Path(f"{source}{suffix}").exists()], name


def test_the_modules_that_are_looked_at_are_among_the_compiled() -> None:
    assert set(HOT) <= set(compiled_modules())


def test_every_declaration_of_types_belongs_to_a_compiled_module() -> None:
    declared = [path for package in PACKAGES for path in (ROOT / package).rglob("*.pxd")]
    sources = [path.with_suffix("").relative_to(ROOT) for path in declared if path.with_suffix(".py").exists()]
    assert {".".join(path.parts) for path in sources} <= set(compiled_modules())


def test_a_started_program_is_what_is_tested(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    for folder in (tmp_path, ROOT):
        done = run("--version", cwd=folder)
        found = re.fullmatch(r"rcds-sniffer [\d.]+ \((not )?compiled\), Python [\d.]+\n", done.stdout)
        assert found
        assert (found[1] is None) == compiled()
    if request.config.getoption("--compiled"):
        assert compiled()


def test_a_program_that_is_installed_uncompiled_says_so_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "compiled", lambda: False)
    monkeypatch.setattr(module, "among_sources", lambda: False)
    tell_if_slow()
    (said,) = caplog.records
    assert (said.levelno, said.message.partition(",")[0]) == (logging.WARNING, SLOW)


def test_sources_that_somebody_works_on_say_it_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "compiled", lambda: False)
    monkeypatch.setattr(module, "among_sources", lambda: True)
    caplog.set_level(logging.INFO, "rcds_sniffer")
    tell_if_slow()
    assert [record.levelno for record in caplog.records] == [logging.INFO]


def test_a_compiled_program_says_nothing(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(module, "compiled", lambda: True)
    caplog.set_level(logging.DEBUG)
    tell_if_slow()
    assert not caplog.records


def test_it_is_said_on_standard_error_and_not_when_quiet() -> None:
    told = run("replay", "-v", "--all", "--no-db", "--format", "jsonl", DEMO)
    assert told.stderr.count(SLOW) == (0 if compiled() else 1)
    assert SLOW not in told.stdout
    assert run("replay", "-q", "--all", "--no-db", DEMO).stderr == ""

"""What all tests share: where the real captures are, if they are here."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PCAPS = ROOT / "tests" / "pcaps"
SHARED = ROOT.parent / "shared" / "pcaps"
"""Captures of real clients, which the project does not ship; tests that use them skip where they are absent."""


@pytest.fixture(autouse=True)
def no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever stands in the home of who runs the tests must not change them."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    for name in [name for name in os.environ if name.startswith("RCDS_SNIFFER_")]:
        monkeypatch.delenv(name)

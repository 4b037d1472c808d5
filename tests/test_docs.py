"""Documentation that a test keeps true."""

import re

import click
import pytest

from rcds_sniffer.cli import COMMANDS, cli
from rcds_sniffer.cli.config import key
from rcds_sniffer.protocols import installed
from rcds_sniffer.protocols.msn import PROTOCOL
from rcds_sniffer.records.record import EVENTS, FIELDS
from tests.conftest import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
RECORDS = (ROOT / "docs" / "records.md").read_text()
README = (ROOT / "README.md").read_text()


def commands() -> dict[str, click.Command]:
    context = click.Context(cli)
    return {name: command for name in COMMANDS if (command := cli.get_command(context, name)) is not None}


def first_column(section: str) -> list[str]:
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([a-z_-]+)`", row)]


def test_every_field_of_the_record_is_explained_in_order() -> None:
    fields = RECORDS.partition("## Events of today")[0]
    assert first_column(fields) == list(FIELDS)


def test_events_of_today_exist() -> None:
    today = RECORDS.partition("## Events of today")[2].partition("## Who")[0]
    assert set(first_column(today)) <= set(EVENTS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page) -> None:  # type: ignore[no-untyped-def]
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("https:"):
            assert (page.parent / target).exists(), target


def test_options_in_the_readme_exist() -> None:
    known = {option for command in [cli, *commands().values()] for p in command.params for option in p.opts}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) - {"--help"}
    assert named <= known


def test_make_targets_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make ([a-z-]+)", README, flags=re.MULTILINE):
        assert f"\n{target}:" in makefile


def test_every_option_can_stand_in_the_settings() -> None:
    for command in commands().values():
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.name not in ("verbose", "quiet", "help"):
                assert f"--{key(parameter.name or '')}" in parameter.opts


def test_the_protocol_is_found_by_its_entry_point() -> None:
    assert installed() == {"msnp": PROTOCOL}

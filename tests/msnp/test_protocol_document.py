"""The table of commands in the documentation is the one in the code."""

import re
from pathlib import Path

import pytest

from msnp.commands import COMMANDS, Command

DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"
SERVERS = {True: "NS", False: "SB", None: "both"}


def rows() -> dict[str, list[str]]:
    """The cells behind the name, by the command's name."""
    lines = DOCUMENT.read_text().split("## Every command", 1)[1].split("\n## ", 1)[0].splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            name = cells[0].strip(" `")
            assert name not in found, f"{name} stands twice"
            found[name] = cells[1:]
    return found


ROWS = rows()
NAMES = sorted({name.decode() for _, name in COMMANDS})


def sides(name: str) -> dict[bool, Command]:
    return {side: command for (side, of), command in COMMANDS.items() if of.decode() == name}


def test_each_command_of_the_code_has_a_row_and_no_other() -> None:
    assert sorted(ROWS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_row_says_what_the_code_knows(name: str) -> None:
    versions, server, payload, client, from_server, outcome = ROWS[name]
    commands = sides(name)
    assert {command.versions for command in commands.values()} == {versions}
    places = {SERVERS[command.notification] for command in commands.values()}
    assert server == (places.pop() if len(places) == 1 else "both")
    assert payload.split() == [letter for letter, side in (("C", True), ("S", False))
                               if side in commands and commands[side].payload]  # fmt: skip
    assert (bool(client), bool(from_server)) == (True in commands, False in commands)
    has_handler = any(command.handler is not None for command in commands.values())
    assert outcome.startswith("nothing") <= (not has_handler or name in {"SBS", "CHL"})
    assert outcome


@pytest.mark.parametrize("name", NAMES)
def test_versions_in_the_forms_lie_within_those_of_the_command(name: str) -> None:
    first, _, last = ROWS[name][0].partition("-")
    for form in ROWS[name][3:5]:
        for begin, dash, end in re.findall(r"\((\d+)(-?)(\d*)\)", form):
            assert int(first) <= int(begin) <= int(end or (last or first if dash else begin)) <= int(last or first)

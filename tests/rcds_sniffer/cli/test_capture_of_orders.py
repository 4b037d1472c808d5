"""``capture`` on a database of orders: what is refused before an interface is opened. The line is tests/live's."""

from pathlib import Path

import pytest

from tests.command import run
from tests.rcds_sniffer.storekeeper.orders_place import Place, terms

ALICE = "alice@example.org"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.approved(terms("LI-1", ALICE))
    return made


@pytest.mark.parametrize(
    "words",
    [
        ("--target", ALICE), ("--all",), ("--follow",), ("--format", "jsonl"), ("--output", "{folder}/out"),
        ("--write", "{folder}/kept.pcapng"), ("--no-db", "--files", "{folder}/files"),
        ("--no-sandbox", "--user", "nobody"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_orders_is_refused(place: Place, tmp_path: Path, words: tuple[str, ...]) -> None:
    log = len(place.log())
    done = run("capture", "-i", "lo", *place.options, *(word.format(folder=tmp_path) for word in words))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert ALICE not in done.stderr
    assert len(place.log()) == log
    assert not {"out", "kept.pcapng", "files"} & {path.name for path in tmp_path.iterdir()}


def test_without_the_role_no_interface_is_opened(place: Place) -> None:
    with place.register("admin") as register:
        register.withdraw(place.me, "operator")
    done = run("capture", "-i", "no-such-interface", *place.options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "no-such-interface" not in done.stderr
    assert (place.log()[-1]["action"], place.log()[-1]["outcome"]) == ("run", "refused")


def test_without_a_key_no_interface_is_opened(place: Place) -> None:
    place.key.unlink()
    done = run("capture", "-i", "no-such-interface", *place.options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "there is no such key" in done.stderr


def test_an_interface_that_is_not_there_is_told_of_and_the_log_has_the_try(place: Place) -> None:
    done = run("capture", "-i", "no-such-interface", *place.options)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "no-such-interface" in done.stderr
    assert [entry["action"] for entry in place.log()][-2:] == ["start", "lost"]

"""The real command on a database of orders: what is on the disk afterwards, and what can be read of it.

``orders``, ``roles``, ``replay`` and ``records`` are run as a user runs them. Afterwards every file that there is
has to be one of those that we know, and none of them, nor the log at its most talkative, may show a token: no word
that anybody wrote, and no account of anybody.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rcds_sniffer.records.record import rfc3339
from tests.rcds_sniffer.cli.audit_crafting import AS, name_of, needs_login_uids
from tests.searching import traces
from tests.simulator import writer

from .law import Law
from .papers import Decision, File, Named, Paper, papers
from .tokens import tokens_in, tokens_of
from .town import Town, town

REQUESTER, APPROVER = 1, 2
"""User ids that every system has."""
KNOWN = {
    r"key": "the master key",
    r"orders\.sqlite": "orders, log, roles and records, sealed",
    r"orders\.sqlite-(wal|shm)": "what of them is not yet in the database's file",
    r"orders\.sqlite\.keys/[0-9a-f]{32}\.key": "an order's key, wrapped by the master key",
    r"orders\.sqlite\.keys/audit\.head": "the number and the code of the log's last entry",
    r"orders\.sqlite\.keys/\.?[a-z.]*lock": "empty: who holds it writes",
    r"files/[0-9a-f]{32}\.sealed": "a recovered file, sealed, under a name that says nothing",
    r"files/\.[a-z-]*lock": "empty: who holds it writes",
    r"log": "what the command said",
}
"""Every file that may be there after a run, by its path, and what it is."""


class Station:
    """A database of orders, and everything that a run may write to: all in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("files", "tmp", "work"):
            (folder / name).mkdir(mode=0o700)
        self.log = folder / "log"
        self.options = ["--db", str(folder / "orders.sqlite"), "--key-file", str(folder / "key")]
        self.run("orders", "init")
        me = name_of(os.getuid())
        for person, role in (
            (name_of(REQUESTER), "requester"), (name_of(APPROVER), "approver"), (me, "operator"),
            (me, "supervisor"), (me, "analyst"),
        ):  # fmt: skip
            self.run("roles", "grant", person, role)

    def run(self, *words: object, uid: int | None = None, stdin: str = "", codes: tuple[int, ...] = (0,)) -> str:
        """Gives the standard output; the rest is on the log."""
        start = ["-m", "rcds_sniffer"] if uid is None else ["-c", AS, str(uid)]
        environment = {**os.environ, "TMPDIR": str(self.folder / "tmp"), "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, *start, *map(str, words), *self.options],
            input=stdin, capture_output=True, text=True, cwd=self.folder / "work", env=environment, check=False,
        )  # fmt: skip
        with self.log.open("a") as log:
            log.write(done.stderr)
        assert done.returncode in codes, done.stderr
        return done.stdout

    def enter(self, paper: Paper) -> None:
        """As the requester."""
        targets = [
            {name: value for name in ("account", "domain", "address", "protocol") if (value := getattr(one, name))}
            for one in paper.named
        ]
        form = {
            "liid": paper.liid, "agency": "agency", "legal_reference": "warrant 17", "targets": targets,
            "valid_from": rfc3339(paper.since), "valid_to": rfc3339(paper.until),
            "scope": "iri+cc" if paper.content else "iri",
        }  # fmt: skip
        self.run("orders", "new", "-", uid=REQUESTER, stdin=json.dumps(form))

    def approve(self, paper: Paper) -> None:
        """As the approver, who is somebody else."""
        self.enter(paper)
        self.run("orders", "approve", paper.liid, uid=APPROVER)

    def replays(self, made: Town, place: Path) -> None:
        """The capture lies elsewhere: it is not ours to be searched."""
        capture = place / "evening.pcap"
        capture.write_bytes(writer.pcap(made.frames, nano=True))
        said = self.run(
            "replay", "-vv", "--sensor", "nis-1", "--files", self.folder / "files", capture, codes=(0, 1)
        )
        assert not said

    def held(self, liid: str, place: Path) -> set[str]:
        """All tokens of what the order's agency may be handed: its records and its files."""
        out = self.run("records", "--order", liid, "--format", "jsonl")
        records = [json.loads(line) for line in out.splitlines()]
        assert [record["sequence"] for record in records] == list(range(1, len(records) + 1))
        assert {record["order_id"] for record in records} <= {liid}
        folder = place / f"files of {liid}"
        if any((record.get("file") or {}).get("path") for record in records):
            self.run("records", "--order", liid, "--extract", folder)
        files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
        return tokens_in(out).union(*map(tokens_of, files))

    def kinds(self) -> set[str]:
        """Of those that we know, which are there."""
        names = [str(path.relative_to(self.folder)) for path in self.folder.rglob("*")]
        return {known for known in KNOWN if any(re.fullmatch(known, name) for name in names)}

    def unknown(self) -> list[str]:
        """Files that nobody can account for."""
        paths = (path for path in self.folder.rglob("*") if not path.is_dir())
        names = [str(path.relative_to(self.folder)) for path in paths]
        return [name for name in names if not any(re.fullmatch(known, name) for known in KNOWN)]


@pytest.fixture
def station(tmp_path: Path) -> Station:
    needs_login_uids()
    folder = tmp_path / "station"
    folder.mkdir(mode=0o700)
    return Station(folder)


def orders_of(made: Town, law: Law, seed: int) -> list[File]:
    """Random ones that are possible, and one for everything."""
    orders = [
        order for order in papers(seed, made, law.edges, []) for paper in [order.at_start()]
        if paper is not None and 0 < paper.since < paper.until
    ]  # fmt: skip
    who = made.circles[0].world.accounts[0]
    everything = Paper("ALL-1", (Named(account=who.address),), made.frames[0].time, made.frames[-1].time + 1, True)
    return [*orders, File(everything.liid, (Decision(-1, everything),))]


KEPT_OF = {9: {"account", "text", "file", "file name"}, 25: {"account", "text", "personal message", "mail"}}
"""By seed, what there has to be to keep."""


@pytest.mark.parametrize("seed", KEPT_OF)
def test_nothing_on_the_disk_can_be_read_and_each_order_holds_what_it_may(
    seed: int, station: Station, tmp_path: Path
) -> None:
    made = town(seed, nasty="as it was", circles=2)
    law = Law(made)
    orders = orders_of(made, law, seed * 7)
    for order in orders:
        paper = order.at_start()
        assert paper is not None
        station.approve(paper)
    station.replays(made, tmp_path)
    assert not traces(station.folder, made.kinds)
    assert not station.unknown()
    assert len(station.kinds()) >= 5, "key, database, keys, head, log"
    for order in orders:
        held = station.held(order.liid, tmp_path)
        may, must = law.may(order), law.must(order)
        assert {made.kinds[token] for token in held - may} == set(), order
        assert {made.kinds[token] for token in must - held} == set(), order
    assert {made.kinds[token] for token in station.held("ALL-1", tmp_path)} >= KEPT_OF[seed]
    assert not traces(station.folder, made.kinds), "reading leaves nothing behind"
    assert not station.unknown()


def test_orders_that_are_not_in_force_leave_no_record(station: Station, tmp_path: Path) -> None:
    made = town(5, nasty="as it was", circles=1)
    begin, end = made.frames[0].time, made.frames[-1].time
    named = tuple(Named(account=account.address) for account in made.circles[0].world.accounts)
    whole = Paper("ENTERED", named, begin, end + 1, True)
    station.enter(whole)
    for liid, since, until in (("OVER", begin - 10, begin), ("NOT-BEGUN", end + 1, end + 10)):
        station.approve(Paper(liid, named, since, until, True))
    station.approve(Paper("REVOKED", named, begin, end + 1, True))
    station.run("orders", "revoke", "REVOKED", uid=APPROVER)
    station.replays(made, tmp_path)
    assert station.run("records", "--format", "jsonl") == ""
    assert not traces(station.folder, made.kinds)
    assert not station.unknown()
    assert not [path for path in (station.folder / "files").iterdir() if path.stat().st_size]
    station.run("orders", "approve", "ENTERED", uid=APPROVER)  # and the same traffic is not nothing
    station.replays(made, tmp_path)
    assert station.held("ENTERED", tmp_path)
    assert not traces(station.folder, made.kinds)

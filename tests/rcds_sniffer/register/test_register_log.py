"""The log in the database: it only grows, several write at once, no entry is no work, and what changed is found."""

import json
import subprocess
import sys

import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from rcds_sniffer.orders import State
from rcds_sniffer.register import Head, RegisterError, open_register
from rcds_sniffer.register.audit import MAX_ENTRY
from rcds_sniffer.register.roles import ROLES
from rcds_sniffer.register.verifying import verify
from rcds_sniffer.secrecy import MasterKey, SecrecyError
from rcds_sniffer.store import StoreError
from rcds_sniffer.store.database import open_database

from .register_crafting import disarm, terms


def attack(url, *statements, armed=False):
    """Runs SQL as who owns the database can, without its triggers unless ``armed``."""
    engine, _ = open_database(url, create=True)
    try:
        with engine.begin() as connection:
            if not armed:
                disarm(connection)
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


def found(office):
    return [str(finding) for finding in office("auditor").verify()[0]]


# --- it only grows ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET entry = 'x' WHERE number = 2",
        "UPDATE audit_log SET number = 99 WHERE number = 2",
        "DELETE FROM audit_log WHERE number = 2",
        "UPDATE orders SET version = 9",
        "DELETE FROM orders",
    ],
)
def test_database_refuses_to_change_or_delete_what_was_written(office, url, statement):
    office("requester").enter(terms())
    with pytest.raises(DBAPIError, match="only grows"):
        attack(url, statement, armed=True)
    assert found(office) == []


def test_database_refuses_to_put_a_row_in_place_of_another(office, url):
    office("requester").enter(terms())
    replace = {
        "sqlite": "INSERT OR REPLACE INTO audit_log VALUES (2, 'x', 'y')",
        "postgresql": "INSERT INTO audit_log VALUES (2, 'x', 'y') ON CONFLICT (number) DO UPDATE SET entry = 'x'",
        "mariadb": "REPLACE INTO audit_log VALUES (2, 'x', 'y')",
    }
    with pytest.raises(DBAPIError, match="only grows"):
        attack(url, replace[url.partition(":")[0] if "://" in url else "sqlite"], armed=True)
    assert found(office) == []


def test_postgresql_refuses_to_truncate_it(office, url):
    if not url.startswith("postgresql"):
        pytest.skip("a statement of PostgreSQL that a trigger can refuse")
    with pytest.raises(DBAPIError, match="only grows"):
        attack(url, "TRUNCATE audit_log", armed=True)


# --- no entry, no work --------------------------------------------------------------------------------------------


def test_what_cannot_be_logged_is_not_done(office, url, tmp_path):
    office("requester").enter(terms())
    refuse = {
        "sqlite": "CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no space left'); END",
        "postgresql": "ALTER TABLE audit_log ADD CONSTRAINT full_up CHECK (number < 10)",
        "mariadb": "CREATE TRIGGER full BEFORE INSERT ON audit_log FOR EACH ROW SIGNAL SQLSTATE '45000'",
    }
    kind = url.partition(":")[0] if "://" in url else "sqlite"
    before = office("operator").latest_change()
    statement = refuse[kind].replace("< 10", f"<= {before}")
    attack(url, statement, armed=True)
    calls = [
        lambda: office("approver").approve("LI-2026-7"),
        lambda: office("supervisor").revoke("LI-2026-7"),
        lambda: office("requester").enter(terms("LI-other")),
        lambda: office("auditor").orders(),
        lambda: office("analyst").audit("read"),
        lambda: office("root").grant("mallory", "analyst"),
        lambda: office("operator").permit("read"),
    ]
    for call in calls:
        with pytest.raises((StoreError, RegisterError)):
            call()
    undo = {
        "sqlite": "DROP TRIGGER full",
        "postgresql": "ALTER TABLE audit_log DROP CONSTRAINT full_up",
        "mariadb": "DROP TRIGGER full",
    }
    attack(url, undo[kind], armed=True)
    assert office("operator").latest_change() == before
    assert office("auditor").order("LI-2026-7").state is State.ENTERED
    assert len(office("auditor").orders()) == 1
    assert len(list((tmp_path / "keys").glob("*.key"))) == 1
    assert "mallory" not in office("root").roles()


def test_entry_that_is_too_long_is_refused(office):
    before = office("analyst").latest_change()
    with pytest.raises(ValueError, match="characters at most"):
        office("analyst").audit("read", details={"x": "x" * MAX_ENTRY})
    assert office("analyst").latest_change() == before


@pytest.mark.parametrize("action", ["enter", "approve", "modify", "revoke", "destroy", "grant", "withdraw", "init",
                                    "audit", "staff"])  # fmt: skip
def test_nobody_can_write_that_the_register_did_something(office, action):
    with pytest.raises(ValueError, match="only the register itself"):
        office("root").audit(action)


def test_remark_is_written_with_order_and_liid(office):
    reference = office("requester").enter(terms()).reference
    number = office("operator").audit("start", reference, {"interface": "eth1"})
    (entry,) = office("auditor").entries(number)
    assert entry["person"] == "operator"
    assert (entry["order"], entry["liid"], entry["details"]) == (reference, "LI-2026-7", {"interface": "eth1"})


# --- several at once ----------------------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from rcds_sniffer.register import open_register
from rcds_sniffer.secrecy import MasterKey
url, keys, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
with open_register(url, MasterKey(bytes(range(32))), keys, person="operator") as register:
    for number in range(count):
        register.audit("start", details={"n": number})
"""


def test_writers_at_once_leave_one_chain_without_a_gap(office, url, tmp_path):
    before = office("operator").latest_change()
    writers, each = 4, 25
    command = [sys.executable, "-c", WRITER, url, str(tmp_path / "keys"), str(each)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(writers)]
    said = [process.communicate()[1].decode() for process in running]
    assert [process.returncode for process in running] == [0] * writers, said
    assert office("operator").latest_change() == before + writers * each
    findings, head = office("auditor").verify()
    assert findings == []
    assert head.number == before + writers * each
    wrote = [entry["details"]["n"] for entry in office("auditor").entries(before + 1) if entry["action"] == "start"]
    assert sorted(wrote) == sorted(list(range(each)) * writers)


def test_of_two_who_approve_at_once_only_one_does(office, url, tmp_path):
    office("requester").enter(terms())
    office("root").grant("supervisor", "approver")
    program = (
        "import sys\nfrom pathlib import Path\nfrom rcds_sniffer.register import open_register\n"
        "from rcds_sniffer.orders.states import NotPossible\nfrom rcds_sniffer.secrecy import MasterKey\n"
        "url, keys, person = sys.argv[1], Path(sys.argv[2]), sys.argv[3]\n"
        "with open_register(url, MasterKey(bytes(range(32))), keys, person=person) as register:\n"
        "    sys.stdin.readline()\n"
        "    try:\n        register.approve('LI-2026-7')\n    except NotPossible:\n        sys.exit(7)\n"
    )
    command = [sys.executable, "-c", program, url, str(tmp_path / "keys")]
    both = [
        subprocess.Popen([*command, person], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for person in ("approver", "supervisor")
    ]
    for process in both:
        process.stdin.write(b"\n")
        process.stdin.flush()
    said = [process.communicate()[1].decode() for process in both]
    assert sorted(process.returncode for process in both) == [0, 7], said
    assert [step.action for step in office("auditor").order("LI-2026-7").history] == ["enter", "approve"]
    assert found(office) == []


# --- what was changed is found ------------------------------------------------------------------------------------


def test_end_that_was_cut_off_is_found_and_nothing_is_written_on_it(office, url):
    office("operator").audit("start")
    last = office("operator").audit("stop")
    attack(url, f"DELETE FROM audit_log WHERE number >= {last - 1}")  # noqa: S608 - a number
    cut = f"entry {last - 1}: cut off, and all up to entry {last}: the head beside the keys knows of it"
    assert found(office) == [cut]
    with pytest.raises(RegisterError, match="was cut off or changed"):
        office("requester").enter(terms())
    assert len(found(office)) == 1


def test_log_that_was_emptied_is_found(office, url):
    auditor = office("auditor")
    last = auditor.latest_change()
    attack(url, "DELETE FROM audit_log")
    assert str(auditor.verify()[0][0]).startswith(f"entry 1: cut off, and all up to entry {last}")


def test_head_that_is_missing_or_damaged_is_found(office, tmp_path):
    path = tmp_path / "keys" / "audit.head"
    kept = path.read_bytes()
    path.unlink()
    assert any("the head of the log is missing" in text for text in found(office))
    path.write_bytes(b"rubbish")
    assert any("is damaged" in text for text in found(office))
    path.write_bytes(kept)
    assert found(office) == []


def test_head_that_was_noted_elsewhere_finds_a_log_that_was_replaced(office):
    auditor = office("auditor")
    findings, head = auditor.verify()
    assert findings == []
    assert auditor.verify(head)[0] == []
    other = Head(head.number, "0" * 64)
    assert [str(finding) for finding in auditor.verify(other)[0]] == [
        f"entry {head.number}: is not the one that the head that you noted knows of"
    ]


def test_last_entry_that_was_damaged_is_found_and_nothing_is_written_on_it(office, url):
    last = office("operator").audit("start")
    attack(url, f"UPDATE audit_log SET mac = 'x' WHERE number = {last}")  # noqa: S608 - a number
    assert any(text.startswith(f"entry {last}: ") for text in found(office))
    with pytest.raises(RegisterError):
        office("requester").enter(terms())


def test_order_put_back_to_an_older_version_is_found(office, url):
    office("requester").enter(terms())
    office("approver").approve("LI-2026-7")
    number = office("supervisor").latest_change()
    office("supervisor").revoke("LI-2026-7")
    attack(url, "DELETE FROM orders WHERE version = 3")
    (text,) = found(office)
    assert text.startswith(f"entry {number + 1}: order ")
    assert text.endswith("version 3: is not there any more")


def test_order_that_nobody_entered_is_found(office, url):
    office("requester").enter(terms())
    attack(url, "INSERT INTO orders SELECT 'x', 1, sealed FROM orders")
    # It stops the sensors as well: it cannot be read.
    with pytest.raises((RegisterError, SecrecyError)):
        office("operator").acting()
    assert "order x, version 1: the log knows nothing of it" in found(office)


def test_role_that_was_put_back_is_found(office, url):
    engine, _ = open_database(url, create=True)
    with engine.connect() as connection:
        question = "SELECT sealed FROM staff WHERE person = 'analyst'"
        sealed = connection.exec_driver_sql(question).scalar_one()
    office("root").withdraw("analyst", "analyst")
    with engine.begin() as connection:
        put = sqlalchemy.text("INSERT INTO staff VALUES ('analyst', :sealed)")
        connection.execute(put, {"sealed": sealed})
    engine.dispose()
    number = office("root").latest_change()
    assert found(office) == [f"entry {number}: analyst has roles that the log does not give them"]


def test_role_that_was_taken_or_changed_by_hand_is_found(office, url):
    attack(url, "DELETE FROM staff WHERE person = 'analyst'")
    assert any(text.endswith("the roles of analyst are not there any more") for text in found(office))
    attack(url, "INSERT INTO staff SELECT 'analyst', sealed FROM staff WHERE person = 'operator'")
    assert any(text.endswith("the roles of analyst are not what was written then") for text in found(office))


def test_roles_of_another_person_are_refused_where_they_are_used(office, url):
    attack(url, "INSERT INTO staff SELECT 'mallory', sealed FROM staff WHERE person = 'supervisor'")
    with pytest.raises(SecrecyError):
        office("mallory").permit("read")


def test_who_verifies_and_what_came_of_it_is_an_entry(office):
    auditor = office("auditor")
    _, head = auditor.verify()
    (entry,) = auditor.entries(head.number + 1)
    assert (entry["action"], entry["details"]) == ("audit", {"verified": head.number, "findings": 0})


LENGTH = 20


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """An SQLite database with a log, and its folder."""
    folder = tmp_path_factory.mktemp("log")
    master = MasterKey(bytes(range(32)))
    with open_register(str(folder / "o.db"), master, folder / "keys", create=True, person="root") as register:
        register.init()
        for role in ROLES:
            register.grant(role, role)
        while register.latest_change() < LENGTH:
            register.audit("start", details={"说": "你好"})
    return folder


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edit=st.sampled_from(["flip entry", "flip mac", "delete", "swap", "duplicate", "cut", "insert"]),
    one=st.integers(1, LENGTH),
    two=st.integers(1, LENGTH),
    bit=st.integers(0, 511),
)
def test_any_edit_of_the_table_is_found_where_it_was_made(written, edit, one, two, bit):
    two = two if two != one else one % LENGTH + 1
    engine, _ = open_database(str(written / "o.db"), create=True)
    with (
        open_register(
            str(written / "o.db"), MasterKey(bytes(range(32))), written / "keys", person="auditor"
        ) as register,
        engine.connect() as connection,
    ):
        # In a transaction of ours that is taken back: verify() looks through our eyes.
        connection.execution_options(rcds_write=True)
        with connection.begin() as transaction:
            disarm(connection)
            expected = EDITS[edit.split()[0]](connection, edit, one, two, bit)
            findings = looked(register, connection)
            transaction.rollback()
    engine.dispose()
    # What an entry that is gone spoke of is a finding of its own: the log knows nothing of it any more.
    numbers = {finding.number for finding in findings if "that the log does not give them" not in finding.what}
    assert expected <= numbers
    assert numbers <= expected | {number + 1 for number in expected}


def looked(register, connection):
    head = register._head.read()
    return verify(connection, register._session.key, head, None, register.keyring)[0]


def _flip(connection, edit, one, two, bit):
    column = edit.split()[1]
    question = f"SELECT CAST({column} AS BLOB) FROM audit_log WHERE number = ?"  # noqa: S608 - one of two
    octets = bytearray(connection.exec_driver_sql(question, (one,)).scalar_one())
    octets[bit // 8 % len(octets)] ^= 1 << bit % 8
    change = f"UPDATE audit_log SET {column} = CAST(? AS TEXT) WHERE number = ?"  # noqa: S608 - one of two
    connection.exec_driver_sql(change, (bytes(octets), one))
    return {one}


def _delete(connection, edit, one, two, bit):
    connection.exec_driver_sql("DELETE FROM audit_log WHERE number = ?", (one,))
    return {one}


def _cut(connection, edit, one, two, bit):
    connection.exec_driver_sql("DELETE FROM audit_log WHERE number >= ?", (one,))
    return {one}


def _swap(connection, edit, one, two, bit):
    for old, new in ((one, -1), (two, one), (-1, two)):
        connection.exec_driver_sql("UPDATE audit_log SET number = ? WHERE number = ?", (new, old))
    return {one, two}


def _duplicate(connection, edit, one, two, bit):
    copied = "INSERT INTO audit_log SELECT (SELECT max(number) + 1 FROM audit_log), entry, mac FROM audit_log"
    last = connection.exec_driver_sql("SELECT max(number) FROM audit_log").scalar_one()
    connection.exec_driver_sql(copied + " WHERE number = ?", (one,))
    return {last + 1}


def _insert(connection, edit, one, two, bit):
    connection.exec_driver_sql("UPDATE audit_log SET number = -number WHERE number >= ?", (one,))
    connection.exec_driver_sql("UPDATE audit_log SET number = 1 - number WHERE number < 0")
    entry = json.dumps({"number": one, "person": "mallory"})
    connection.exec_driver_sql("INSERT INTO audit_log VALUES (?, ?, ?)", (one, entry, "0" * 64))
    last = connection.exec_driver_sql("SELECT max(number) FROM audit_log").scalar_one()
    return set(range(one, last + 1))


EDITS = {"flip": _flip, "delete": _delete, "cut": _cut, "swap": _swap, "duplicate": _duplicate, "insert": _insert}

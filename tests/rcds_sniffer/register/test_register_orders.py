"""Orders through the register: entered, approved, changed, revoked, destroyed; and what a sensor is told."""

import sqlite3

import pytest
import sqlalchemy

from rcds_sniffer.orders import State
from rcds_sniffer.orders.states import NotPossible
from rcds_sniffer.register import RegisterError, is_database_of_orders, open_register
from rcds_sniffer.secrecy import KeyDestroyed, MasterKey, SecrecyError
from rcds_sniffer.store import StoreError, open_store
from rcds_sniffer.store.database import open_database
from tests.rcds_sniffer.store.store_crafting import make_record

from .register_crafting import BEGIN, DAY, disarm, terms


def test_order_acts_once_a_second_person_approved_it(office):
    office("requester").enter(terms())
    operator = office("operator")
    assert operator.acting() == []
    office("approver").approve("LI-2026-7")
    (acting,) = operator.acting()
    assert (acting.order_id, acting.since, acting.content) == ("LI-2026-7", BEGIN, True)


def test_approved_terms_act_until_the_changed_ones_are_approved(office):
    office("requester").enter(terms())
    office("approver").approve("LI-2026-7")
    office("requester").modify("LI-2026-7", terms(valid_to=BEGIN + DAY))
    assert office("operator").acting()[0].until == terms().valid_to
    office("approver").approve("LI-2026-7")
    assert office("operator").acting()[0].until == BEGIN + DAY


def test_revoked_order_acts_no_more(office):
    office("requester").enter(terms())
    office("approver").approve("LI-2026-7")
    office("supervisor").revoke("LI-2026-7")
    assert office("operator").acting() == []


def test_number_of_the_log_tells_a_sensor_that_something_changed(office):
    operator = office("operator")
    before = operator.latest_change()
    operator.acting()
    operator.references()
    assert operator.latest_change() == before
    office("requester").enter(terms())
    assert operator.latest_change() > before


def test_order_comes_back_as_it_was_entered(office):
    entered = office("requester").enter(terms())
    assert office("auditor").order("LI-2026-7") == entered
    assert entered.terms == terms()
    assert [(step.action, step.person) for step in entered.history] == [("enter", "requester")]


def test_liid_is_unique_until_its_order_is_destroyed(office):
    requester = office("requester")
    requester.enter(terms())
    with pytest.raises(RegisterError, match="there is an order with the LIID LI-2026-7 already"):
        requester.enter(terms())
    requester.revoke("LI-2026-7")
    with pytest.raises(RegisterError):
        requester.enter(terms())
    office("administrator").destroy("LI-2026-7")
    new = requester.enter(terms())
    assert requester.order("LI-2026-7") == new
    assert office("operator").references() == {"LI-2026-7": new.reference}


def test_import_is_all_or_nothing_and_leaves_no_key_behind(office, tmp_path):
    requester = office("requester")
    with pytest.raises(RegisterError):
        requester.import_([terms("LI-1"), terms("LI-2"), terms("LI-1")])
    assert requester.orders() == []
    assert list((tmp_path / "keys").glob("*.key")) == []
    assert [order.terms.liid for order in requester.import_([terms("LI-1"), terms("LI-2")])] == ["LI-1", "LI-2"]
    assert len(list((tmp_path / "keys").glob("*.key"))) == 2


def test_destroyed_order_leaves_its_liid_and_who_did_what(office, tmp_path):
    reference = office("requester").enter(terms()).reference
    with pytest.raises(NotPossible):
        office("administrator").destroy("LI-2026-7")
    office("requester").revoke("LI-2026-7")
    office("administrator").destroy("LI-2026-7")
    left = office("auditor").order("LI-2026-7")
    assert left.state is State.DESTROYED
    assert left.reference == reference
    assert (left.terms.identities, left.terms.agency, left.terms.legal_reference) == ((), "", "")
    assert [step.action for step in left.history] == ["enter", "revoke", "destroy"]
    with pytest.raises(KeyDestroyed):
        office("auditor").keyring.key(reference)
    assert office("auditor").verify()[0] == []


def test_key_that_outlived_its_destruction_is_found_and_destroyed_the_second_time(office, tmp_path):
    reference = office("requester").enter(terms()).reference
    key = (tmp_path / "keys" / f"{reference}.key").read_bytes()
    office("requester").revoke("LI-2026-7")
    office("administrator").destroy("LI-2026-7")
    path = tmp_path / "keys" / f"{reference}.key"
    path.write_bytes(key)
    path.chmod(0o600)
    (finding,) = office("auditor").verify()[0]
    assert "its key is still there" in finding.what
    office("administrator").destroy("LI-2026-7")
    assert not path.exists()
    assert office("auditor").verify()[0] == []


def test_order_without_its_key_stops_everything_and_is_found(office, tmp_path):
    reference = office("requester").enter(terms()).reference
    (tmp_path / "keys" / f"{reference}.key").unlink()
    with pytest.raises(RegisterError, match="its key is not in the keyring"):
        office("operator").acting()
    (finding,) = office("auditor").verify()[0]
    assert finding.number is not None
    assert "its key is not there" in finding.what


def test_unknown_liid_is_refused_and_logged(office):
    with pytest.raises(RegisterError, match="no order has this LIID"):
        office("approver").approve("LI-none")
    last = office("auditor").entries(office("auditor").latest_change())[0]
    assert (last["outcome"], last["liid"], last["details"]) == ("refused", "LI-none", {"why": "request"})


def test_nothing_of_the_terms_is_in_the_database_or_in_the_log(office, tmp_path, url):
    office("requester").enter(terms())
    office("approver").approve("LI-2026-7")
    office("auditor").orders()
    said = repr(office("auditor").entries())
    if "://" not in url:
        said += "".join(path.read_bytes().decode("latin-1") for path in tmp_path.glob("orders.db*"))
    for word in ("alice", "example.org", "AZ 7/26", "警察局".encode().decode("latin-1"), "警察局"):
        assert word not in said


def test_sealed_version_in_another_ones_place_is_refused(office, url):
    office("requester").import_([terms("LI-1"), terms("LI-2")])
    engine, _ = open_database(url, create=True)
    with engine.begin() as connection:
        disarm(connection)
        first, second = connection.execute(sqlalchemy.text("SELECT reference, sealed FROM orders")).all()
        question = sqlalchemy.text("UPDATE orders SET sealed = :sealed WHERE reference = :reference")
        connection.execute(question, {"sealed": first.sealed, "reference": second.reference})
    engine.dispose()
    with pytest.raises(SecrecyError):
        office("operator").acting()
    assert any("is not what was written then" in finding.what for finding in office("auditor").verify()[0])


# --- the database -------------------------------------------------------------------------------------------------


def test_database_is_one_of_orders_from_its_init_on(url, tmp_path, master):
    assert not is_database_of_orders(url)
    with pytest.raises(RegisterError, match="'rcds-sniffer orders init' makes one"):
        open_register(url, master, tmp_path / "keys")
    with open_register(url, master, tmp_path / "keys", create=True, person="root") as register:
        assert not is_database_of_orders(url)
        register.init()
        assert is_database_of_orders(url)
        with pytest.raises(RegisterError, match="already"):
            register.init()
        assert register.roles() == {"root": {"administrator"}}


def test_message_about_a_server_has_no_password(master, tmp_path, url):
    if "://" in url:
        with pytest.raises(RegisterError) as caught:
            open_register(url, master, tmp_path / "keys")
        assert url not in str(caught.value)


def test_database_of_plain_records_is_refused(url, tmp_path, master):
    with open_store(url, create=True) as store:
        store.add([make_record()])
    assert not is_database_of_orders(url)
    with open_register(url, master, tmp_path / "keys", create=True) as register:
        with pytest.raises(RegisterError, match="holds records that serve no order"):
            register.init()
        assert register.latest_change() == 0
    assert not is_database_of_orders(url)


def test_another_master_key_is_refused_before_it_writes(office, url, tmp_path):
    before = office("operator").latest_change()
    with pytest.raises(RegisterError, match="another master key"):
        open_register(url, MasterKey(bytes(32)), tmp_path / "keys", person="operator")
    assert office("operator").latest_change() == before


def test_foreign_database_is_refused(tmp_path):
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(StoreError, match="another program"):
        is_database_of_orders(str(tmp_path / "a.db"))


def test_database_that_others_may_read_is_refused(tmp_path, master):
    path = tmp_path / "a.db"
    with open_register(str(path), master, tmp_path / "keys", create=True, person="root") as register:
        register.init()
    path.chmod(0o644)
    with pytest.raises(SecrecyError, match="chmod o-rwx"):
        open_register(str(path), master, tmp_path / "keys", person="root")

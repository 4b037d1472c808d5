"""The document names every key of the object, and no other."""

import re
from dataclasses import fields

from rcds_sniffer.profile import Person, contacts, correspondence, sessions
from tests.conftest import ROOT

DOCUMENT = (ROOT / "docs" / "profile.md").read_text()


def test_every_key_is_explained() -> None:
    table = DOCUMENT.partition("## The object")[2].partition("### Contacts")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`([a-z_]+)`", row)]
    assert sorted(named) == sorted(field.name for field in fields(Person))


def test_limits_are_those_of_the_program() -> None:
    limits = (
        contacts.MAX_CONTACTS, correspondence.MAX_CORRESPONDENTS, contacts.MAX_MEMBERSHIPS, contacts.MAX_OF_ALL,
        sessions.MAX_STATUSES, sessions.MAX_SESSIONS, sessions.MAX_OPEN, correspondence.MAX_CONVERSATIONS,
    )  # fmt: skip
    told = DOCUMENT.partition("## Limits")[2]
    assert all(f"{limit:,}" in told for limit in limits)

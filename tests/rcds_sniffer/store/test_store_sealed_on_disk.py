"""Sealed records as whoever has the disk sees them: no word of any record stands there, in no form."""

import base64
from pathlib import Path

import pytest

from rcds_sniffer.records.record import FIELDS
from rcds_sniffer.secrecy.keyring import Keyring
from rcds_sniffer.secrecy.keys import MasterKey
from rcds_sniffer.store import open_store
from rcds_sniffer.store.sealed import open_sealed_store
from rcds_sniffer.store.sealed_form import pack

from .store_crafting import make_record

A = "a" * 32
REFERENCES = {"LI-secret-order-77": A}

SECRETS: dict[str, str] = {
    "target": "grünwald.target@secret-domain.example",
    "sender": "sender.account@secret-domain.example",
    "sender_name": "Знакомый Secret 名前",
    "text": "the parcel lies beneath the bridge 桥 🎉",
    "client": "203.0.113.77:51863",
    "server": "198.51.100.99:1863",
    "conversation_id": "conversation-of-the-secret",
    "record_id": "deadbeefcafef00d" * 2,
    "order_id": "LI-secret-order-77",
    "event": "voice-clip",
    "content_type": "text/x-secret-kind",
    "sensor": "sensor-in-the-cellar",
    "protocol_version": "MSNP-secret-99",
    "protocol": "protocol-unheard",
}
DEEP: dict[str, object] = {
    "format": {"font": "Secret Gothic Condensed"},
    "file": {"name": "plan-of-the-vault.pdf"},
    "details": {"machine": "{31415926-SECRET-MACHINE}"},
    "source": {"name": "capture-of-tuesday.pcap", "packet": 7},
    "recipients": ("recipient.one@secret-domain.example",),
}
KNOWN = [
    *SECRETS.values(),
    "Secret Gothic Condensed",
    "plan-of-the-vault.pdf",
    "{31415926-SECRET-MACHINE}",
    "capture-of-tuesday.pcap",
    "recipient.one@secret-domain.example",
]


def forms(text: str) -> list[bytes]:
    """``text`` in the forms in which it might stand somewhere, also in the middle of something longer."""
    octets = text.encode()
    out = [octets, text.encode("utf-16-le"), text.encode("utf-16-be"), octets.hex().encode()]
    out += [octets.hex().upper().encode(), text.encode("ascii", "backslashreplace")]
    for ahead in range(3):  # of base64's groups of three octets, those that text alone decides
        whole = octets[-ahead % 3 :][: (len(octets) - (-ahead % 3)) // 3 * 3]
        out += [base64.b64encode(whole), base64.urlsafe_b64encode(whole)]
    return out


def traces(folder: Path) -> set[tuple[str, str]]:
    """File and string, of whatever known string stands in a file of ``folder``, or in its name."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            octets = path.name.encode() + b"\0" + path.read_bytes()
            found |= {(path.name, known) for known in KNOWN if any(form in octets for form in forms(known))}
    return found


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    made = Keyring(tmp_path / "keys", MasterKey(bytes(range(32))), create=True)
    made.create(A)
    return made


def test_no_word_of_a_record_stands_in_any_file(tmp_path: Path, keyring: Keyring) -> None:
    db = tmp_path / "records.db"
    record = make_record(**SECRETS, **DEEP)
    with open_sealed_store(str(db), keyring, create=True) as store:
        store.add([record, *(record.changed(record_id=f"{n:032x}") for n in range(50))], REFERENCES)
        assert next(store.query(A)) == record.changed(sequence=1)
        wal = db.with_name("records.db-wal")
        assert wal.stat().st_size > 10_000  # else there is nothing to search
        assert not traces(tmp_path)
        store.add([record], REFERENCES)
        assert not traces(tmp_path)
    assert not wal.exists()
    assert not traces(tmp_path)


def test_the_search_finds_what_is_there(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "plain.db"), create=True) as plain:
        plain.add([make_record(**SECRETS, **DEEP)])
        assert {known for _, known in traces(tmp_path)} == set(KNOWN)
    for known in KNOWN:
        octets = known.encode()
        hidden = [base64.b64encode(b"12345"[:ahead] + octets + b"345") for ahead in range(6)]
        for form in (*hidden, known.encode("utf-16-le"), octets.hex().encode()):
            (tmp_path / "other").write_bytes(b"xx" + form + b"yy")
            assert ("other", known) in traces(tmp_path), form


def test_every_field_is_within_the_seal() -> None:
    said = pack(make_record(**SECRETS, **DEEP, direction="from-target")).decode()
    assert all(f'"{name}":' in said for name in FIELDS)

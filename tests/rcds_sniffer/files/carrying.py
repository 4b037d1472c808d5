"""Octets of transfers for the vault, as the recorder hands them in."""

import hashlib
import random

from rcds_sniffer.events import Connection, FileOctets, Seen
from rcds_sniffer.files import TransferKey, Vault

CONNECTION = Connection("msnp", "192.0.2.1:4000", "203.0.113.5:1863", 0)
KEY = TransferKey("msnp", "alice@example.org", "bob@example.com", "p2p-1")


def key(number: int) -> TransferKey:
    return KEY._replace(transfer=f"p2p-{number}")


def content(length: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(length)


def put(vault: Vault, offset: int, octets: bytes, which: TransferKey = KEY) -> None:
    vault.take(
        which,
        FileOctets(
            CONNECTION,
            Seen(1, 2, 3, "x", True),
            sender=which.sender,
            recipient=which.recipient,
            transfer=which.transfer,
            offset=offset,
            octets=octets,
        ),
    )


def put_all(vault: Vault, octets: bytes, which: TransferKey = KEY, step: int = 1000) -> None:
    for offset in range(0, len(octets), step):
        put(vault, offset, octets[offset : offset + step], which)


def said(size: int | None, outcome: str = "complete", name: str = "a.bin", sha1: str | None = None):
    return {"name": name, "size": size, "sha1": sha1, "outcome": outcome}


def sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def sha1(octets: bytes) -> str:
    return hashlib.sha1(octets, usedforsecurity=False).hexdigest()

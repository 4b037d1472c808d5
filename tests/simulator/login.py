"""Logging in: the dispatch server, the notification server, the proof, the lists.

Takes an account; gives its connection to the notification server, ready for the first CHG. The order of commands
follows the protocol reference (sections 3 and 4.1).
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from . import dialects, mime
from .dialects import line
from .talk import DISPATCH, NOTIFICATION

if TYPE_CHECKING:
    from .people import Account
    from .talk import Talk


def login(account: Account) -> None:
    """From the first VER to the contact list."""
    world = account.world
    dispatch = world.connect(account, DISPATCH, world.step())
    transaction = _introduction(account, dispatch)
    there, here = (f"{ip}:{port}" for ip, port in (NOTIFICATION, DISPATCH))
    tail = "U D" if account.row.version >= 13 else f"0 {here}"
    dispatch.answers(line("XFR", transaction, "NS", there, tail))
    dispatch.connection.close(dispatch.client_time, by_client=True)
    talk = world.connect(account, NOTIFICATION, dispatch.client_time + 1_000_000)
    talk.transaction = dispatch.transaction if account.row.version < 10 else 0
    account.ns = talk
    transaction = _introduction(account, talk)
    _proof(account, talk, transaction)
    _lists(account, talk)
    world.reached(talk.client_time)


def _introduction(account: Account, talk: Talk) -> int:
    """VER, CVR and the first USR; its transaction id."""
    row = account.row
    older = f"MSNP{row.version - 1} " if row.version in (9, 10, 13) else ""
    transaction = talk.number()
    talk.asks(line("VER", transaction, f"MSNP{row.version}", older.strip(), "CVR0"))
    talk.answers(line("VER", transaction, f"MSNP{row.version}"))
    transaction = talk.number()
    talk.asks(line("CVR", transaction, "0x0409 winnt 5.1 i386 MSNMSGR", row.client, "MSMSGS", account.address))
    urls = "http://download.example/MsgrSetup.exe http://messenger.example"
    talk.answers(line("CVR", transaction, row.client, row.client, "1.0.0000", urls))
    transaction = talk.number()
    talk.asks(line("USR", transaction, row.login, "I", account.address))
    return transaction


def _proof(account: Account, talk: Talk, transaction: int) -> None:
    """The ticket. What stands here for a secret is random, but a decoder must treat it as one."""
    row, random = account.row, account.world.random
    if row.shields == "pushed":
        policies = b'<Policies><Policy type="SHIELDS"><config><block/></config></Policy></Policies>'
        talk.answers(line("GCF", 0, payload=policies))
    if row.login == "TWN":
        challenge = f"lc=1033,id=507,tw=40,fs=1,ru=http%3A%2F%2Fmessenger%2Eexample,ct={random.randrange(10**9)}"
        talk.answers(line("USR", transaction, "TWN", "S", challenge))
        secret = f"t={_secret(account, 90)}&p={_secret(account, 30)}"
        transaction = talk.number()
        talk.asks(line("USR", transaction, "TWN", "S", secret))
    else:
        talk.answers(line("USR", transaction, "SSO", "S", "MBI_KEY_OLD", _secret(account, 48)))
        transaction = talk.number()
        guid = account.guid if row.endpoints else ""
        secrets = (f"t={_secret(account, 240)}&p=", _secret(account, 120))
        talk.asks(line("USR", transaction, "SSO", "S", *secrets, guid))
    name = account.world.quote(account.name) if row.name_at_login else ""
    write = talk.answers(line("USR", transaction, "OK", account.address, name, 1, 0))
    account.world.record("login", account, [(account, talk, [write])])
    if row.version >= 11:
        talk.answers(line("SBS", 0, "null"))
    seconds = write.time // 1_000_000_000
    payload = mime.profile(account.address, account.ip, seconds, random)
    talk.answers(line("MSG", "Hotmail", "Hotmail", payload=payload))
    if row.shields == "asked":
        transaction = talk.number()
        talk.asks(line("GCF", transaction, "Shields.xml"))
        payload = b'<?xml version="1.0"?><config><block/></config>'
        talk.answers(line("GCF", transaction, "Shields.xml", payload=payload))


def _lists(account: Account, talk: Talk) -> None:
    row, world = account.row, account.world
    contacts = [contact for contact in world.accounts if contact is not account]
    if row.lists == "ADL":
        _uploaded_lists(account, talk, [contact.address for contact in contacts])
    else:
        _downloaded_lists(account, talk, contacts)
    if row.personal:
        transaction = talk.number()
        talk.asks(line("UUX", transaction, payload=mime.personal_message(account.personal)))
        talk.answers(line("UUX", transaction, 0))


def _downloaded_lists(account: Account, talk: Talk, contacts: list[Account]) -> None:
    row, world = account.row, account.world
    transaction = talk.number()
    if row.version < 10:
        talk.asks(line("SYN", transaction, 0))
        talk.answers(line("SYN", transaction, world.random.randrange(100, 999), len(contacts), 1))
    else:
        talk.asks(line("SYN", transaction, 0, 0))
        stamp = "2006-07-13T22:01:09.1130000-07:00"
        talk.answers(line("SYN", transaction, stamp, stamp, len(contacts), 1))
    talk.answers(line("GTC", "A"))
    talk.answers(line("BLP", "AL"))
    if row.version >= 10:
        talk.answers(line("PRP", "MFN", world.quote(account.name)))
    talk.answers(line("PRP", "PHH", "01%20555%200100"))
    group = "00000000-0000-0000-0001-000000000001"
    talk.answers(line("LSG", "Friends", group) if row.version >= 10 else line("LSG", 0, "Friends", 0))
    for number, contact in enumerate(contacts, 1):
        name = world.quote(contact.name)
        if row.version < 10:
            talk.answers(line("LST", contact.address, name, 11, 0))
        else:
            guid = f"C=00000000-0000-0000-0002-{number:012d}"
            kind = 1 if row.version >= 12 else ""
            talk.answers(line("LST", f"N={contact.address}", f"F={name}", guid, 11, kind, group))
        talk.answers(line("BPR", "MOB", "N"))


def _uploaded_lists(account: Account, talk: Talk, handles: list[str]) -> None:
    transaction = talk.number()
    talk.asks(line("BLP", transaction, "BL"))
    talk.answers(line("BLP", transaction, "BL"))
    transaction = talk.number()
    talk.asks(line("ADL", transaction, payload=dialects.membership(handles, 3, initial=True)))
    talk.answers(line("ADL", transaction, "OK"))
    for handle in handles[:1]:
        talk.answers(line("ADL", 0, payload=dialects.membership([handle], 8, initial=False)))
    transaction = talk.number()
    talk.asks(line("PRP", transaction, "MFN", dialects.full(account.name)))
    talk.answers(line("PRP", transaction, "MFN", account.world.quote(account.name)))


def _secret(account: Account, octets: int) -> str:
    return base64.b64encode(account.world.random.randbytes(octets)).decode()

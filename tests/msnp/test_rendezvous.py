"""Where a further connection is awaited."""

import uuid
from hashlib import sha1
from typing import Any, cast

import pytest

from msnp.limits import Limits
from msnp.links import Links
from msnp.rendezvous import (
    LIFE,
    MAX_ENDS,
    MAX_MEETINGS,
    MAX_PORTS,
    MAX_PORTS_EACH,
    NO_NONCE,
    PORT_LIFE,
    SKEW,
    DirectMeeting,
    FtpMeeting,
    Rendezvous,
)
from msnp.state import State
from tests.msnp.dialogue import SECOND, Wire, script

NOW = 5_000 * SECOND
NONCE = "{8C1F3A52-77D0-4E19-A0B3-0F5E6D2C9B41}"
OTHER = "{8C1F3A52-77D0-4E19-A0B3-0F5E6D2C9B42}"


def state() -> State:
    return State(lambda _event: None, Links(), "10.0.0.7:1", "192.0.2.9:1863", Limits())


OWN = state()


def file_at(port: int = 6894, cookie: str = "77", *, time: int = NOW, own: State = OWN) -> FtpMeeting:
    return FtpMeeting(time, port, cookie, "ftp-1", "a.txt", 3, None, "kim@b.example", own)


def call_at(*ports: int, nonce: str | None = NONCE, hashed: bool = False, time: int = NOW) -> DirectMeeting:
    return DirectMeeting(time, ports, ("192.0.2.50",), nonce, hashed, cast(Any, object()))


def test_a_file_is_found_by_its_number() -> None:
    rendezvous = Rendezvous()
    mine, kims, another = file_at(), file_at(own=state()), file_at(cookie="78")
    for meeting in (mine, kims, another):
        rendezvous.await_ftp(meeting)
    assert rendezvous.ftp("77", 6894, NOW) == [mine, kims]
    assert rendezvous.ftp("79", 6894, NOW) == []
    assert rendezvous.ftp("", 6894, NOW) == [mine, kims, another]
    assert rendezvous.ports == {6894}


def test_a_router_may_change_the_port_and_not_the_number() -> None:
    rendezvous = Rendezvous()
    rendezvous.await_ftp(file_at(6894))
    assert len(rendezvous.ftp("77", 40_000, NOW)) == 1
    rendezvous.await_ftp(file_at(40_000))
    assert [meeting.port for meeting in rendezvous.ftp("77", 40_000, NOW)] == [40_000]


@pytest.mark.parametrize(
    ("later", "found"), [(0, 1), (LIFE, 1), (LIFE + 1, 0), (-SKEW, 1), (-SKEW - 1, 0)], ids=str
)
def test_an_agreement_holds_for_a_while(later: int, found: int) -> None:
    rendezvous = Rendezvous()
    rendezvous.await_ftp(file_at())
    rendezvous.await_direct(call_at(7001))
    rendezvous.await_server("192.0.2.9:1863", NOW)
    assert len(rendezvous.ftp("77", 6894, NOW + later)) == found
    assert len(rendezvous.ftp("", 6894, NOW + later)) == found
    assert len(rendezvous.direct(7001, NONCE, NOW + later)) == found
    assert len(rendezvous.direct(7001, None, NOW + later)) == found
    assert rendezvous.expects_server("192.0.2.9:1863", NOW + later) == bool(found)


def test_a_call_is_found_by_its_nonce_plain_or_hashed() -> None:
    rendezvous = Rendezvous()
    digest = sha1(uuid.UUID(NONCE).bytes_le, usedforsecurity=False).digest()[:16]
    hashed = f"{{{uuid.UUID(bytes_le=digest)}}}".upper()
    turned = f"{{{uuid.UUID(bytes=digest)}}}".upper()
    meetings = [call_at(7001), call_at(7002, nonce=hashed, hashed=True), call_at(7003, nonce=turned, hashed=True)]
    for meeting in meetings:
        rendezvous.await_direct(meeting)
    assert rendezvous.direct(9, NONCE, NOW) == meetings
    assert rendezvous.direct(7001, OTHER, NOW) == []
    assert rendezvous.direct(7001, "nonsense", NOW) == []


def test_without_a_nonce_the_port_tells() -> None:
    rendezvous = Rendezvous()
    rendezvous.await_direct(call_at(7001, 7002))
    rendezvous.await_direct(call_at(7003, nonce=NO_NONCE))
    assert len(rendezvous.direct(7002, None, NOW)) == 1
    assert len(rendezvous.direct(7003, OTHER, NOW)) == 1
    assert rendezvous.direct(7004, None, NOW) == []


def test_ports_that_are_none_are_passed_over() -> None:
    rendezvous = Rendezvous()
    rendezvous.await_ftp(file_at(0))
    rendezvous.await_ftp(file_at(65_536))
    rendezvous.await_ftp(file_at(-1))
    rendezvous.await_ftp(file_at(6894, ""))
    rendezvous.await_direct(call_at(0, 70_000))
    for server in ("192.0.2.9", "192.0.2.9:", "192.0.2.9:0", "h.example:1863", "1.2.3:5", ":", "", "::1"):
        rendezvous.await_server(server, NOW)
    rendezvous.await_server("192.0.2.9:１８６３", NOW)
    rendezvous.await_server("192.0.2.9:" + "9" * 5000, NOW)
    assert rendezvous.ports == frozenset()
    rendezvous.await_direct(call_at(0, 7001, 70_000))
    assert rendezvous.ports == {7001}


def test_servers_are_known_in_any_spelling() -> None:
    rendezvous = Rendezvous()
    rendezvous.await_server("[2001:DB8:0::1]:1864", NOW)
    assert rendezvous.expects_server("[2001:db8::1]:1864", NOW)
    assert not rendezvous.expects_server("[2001:db8::1]:1863", NOW)
    assert not rendezvous.expects_server("", NOW)
    assert rendezvous.ports == {1864}


def test_ports_are_few_and_the_newest() -> None:
    rendezvous = Rendezvous()
    for port in range(1, 40_000):
        rendezvous.await_ftp(file_at(port, str(port), time=NOW + port))
    assert rendezvous.ports == set(range(40_000 - MAX_PORTS, 40_000))
    rendezvous.await_direct(call_at(*range(50_000, 60_000), time=NOW + 40_000))
    assert len({port for port in rendezvous.ports if port >= 50_000}) == MAX_PORTS_EACH
    assert len(rendezvous.ports) == MAX_PORTS


def test_a_port_that_is_named_again_stays() -> None:
    rendezvous = Rendezvous()
    for number in range(MAX_PORTS * 3):
        rendezvous.await_ftp(file_at(6891, time=NOW + number))
        rendezvous.await_ftp(file_at(10_000 + number, time=NOW + number))
    assert 6891 in rendezvous.ports


def test_ports_are_forgotten_by_capture_time() -> None:
    rendezvous = Rendezvous()
    rendezvous.await_ftp(file_at(6891))
    rendezvous.await_ftp(file_at(6892, time=NOW + PORT_LIFE))
    assert rendezvous.ports == {6891, 6892}
    rendezvous.await_ftp(file_at(6892, time=NOW + PORT_LIFE + 1))
    assert rendezvous.ports == {6892}


def test_what_peers_choose_does_not_grow() -> None:
    rendezvous = Rendezvous()
    for number in range(3 * MAX_MEETINGS):
        rendezvous.await_ftp(file_at(1 + number, str(number)))
        rendezvous.await_ftp(file_at())
        rendezvous.await_direct(call_at(1 + number, nonce=f"{{{uuid.UUID(int=number + 1)}}}".upper()))
        rendezvous.await_server(f"192.0.2.9:{number + 1}", NOW)
    rendezvous.await_ftp(file_at(cookie="7" * 5000))
    rendezvous.await_direct(call_at(7001, nonce="{" * 5000))
    tables = (rendezvous._files, rendezvous._file_ports, rendezvous._nonces, rendezvous._direct_ports)
    assert [len(table) for table in (*tables, rendezvous._servers)] == [MAX_MEETINGS] * 5
    assert len(rendezvous.ftp("77", 6894, NOW)) == MAX_ENDS
    assert rendezvous.ftp("7" * 5000, 6894, NOW) == []


def test_servers_that_clients_are_sent_to_are_awaited() -> None:
    links = Links()
    wire = Wire(links).play(
        script("""
        C: VER 1 MSNP10 CVR0
        S: VER 1 MSNP10
        S: XFR 2 NS 192.0.2.31:1866 0 192.0.2.9:1863
        S: XFR 3 SB 192.0.2.32:1867 CKI 17.5.9
        S: RNG 7788 192.0.2.33:1868 CKI 84.5 kim@b.example Kim
    """)
    )
    for endpoint in ("192.0.2.31:1866", "192.0.2.32:1867", "192.0.2.33:1868"):
        assert links.rendezvous.expects_server(endpoint, wire.time)
    assert links.rendezvous.ports == {1866, 1867, 1868}

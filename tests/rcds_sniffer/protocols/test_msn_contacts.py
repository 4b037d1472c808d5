"""The contact list, from a connection's octets to the records."""

from tests.msnp.dialogue import Said, say, script
from tests.rcds_sniffer.protocols.tap import Tap

LOU = "lou@a.example"


def login(version: int) -> list[Said]:
    return script(f"C: VER 1 MSNP{version} CVR0\nS: VER 1 MSNP{version}\nS: USR 4 OK {LOU} 1 0")


def of_contacts(tap: Tap) -> list[tuple[str | None, str | None, tuple[str, ...], object]]:
    return [
        (record.direction, record.sender, tuple(record.recipients), (record.details or {}).get("action"))
        for record in tap.end()
        if record.event == "contact"
    ]


def test_a_list_its_changes_and_who_made_them() -> None:
    for packed in (False, True):
        tap = Tap(LOU, packed=packed)
        tap.line().hear(
            *login(8),
            *script("""
                S: LST kim@b.example %E9%87%91 11 0
                C: REM 12 AL kim@b.example
                S: REM 12 AL 4 kim@b.example
                C: ADD 13 BL kim@b.example Kim
                S: ADD 13 BL 5 kim@b.example Kim
                C: REA 14 kim@b.example Chef
                S: REA 14 6 kim@b.example Chef
                S: ADD 0 RL 7 pat@c.example %D8%A8%D8%A7%D8%AA
            """),
        )
        assert of_contacts(tap) == [
            ("from-target", LOU, ("kim@b.example",), "listed"),
            ("from-target", LOU, ("kim@b.example",), "blocked"),
            ("from-target", LOU, ("kim@b.example",), "renamed"),
            ("to-target", "pat@c.example", (LOU,), "added"),
        ]


def test_each_contact_of_one_command_is_a_record() -> None:
    tap = Tap(LOU)
    people = "".join(f'<c n="p{number}" l="3" t="1"/>' for number in range(200))
    tap.line().hear(*login(15), say("C: ADL 6 #", f'<ml l="1"><d n="b.example">{people}</d></ml>'))
    records = [record for record in tap.end() if record.event == "contact"]
    assert len({record.record_id for record in records}) == 200


def test_what_is_held_becomes_a_record_at_the_end() -> None:
    tap = Tap(LOU)
    line = tap.line()
    line.hear(*login(11), *script("C: REM 9 AL kim@b.example\nS: REM 9 AL kim@b.example"))
    line.close()
    assert of_contacts(tap) == [("from-target", LOU, ("kim@b.example",), "removed")]

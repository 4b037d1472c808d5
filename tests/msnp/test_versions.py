"""The version, where VER was not seen."""

import pytest

from msnp.events import ProfileLearnt, VersionAgreed
from tests.msnp.dialogue import Said, Wire, only, say, script

OBJECT = "%3Cmsnobj%20Creator%3D%22kim%40b.example%22%2F%3E"
GUID = "00000000-0000-0000-0002-000000000001"
SDG = "Routing: 1.0\r\nTo: 1:kim@b.example\r\nFrom: 1:lou@a.example;epid={1}\r\n\r\nReliability: 1.0\r\n\r\n"


def inferred(*dialogue: Said) -> int | None:
    """Of a connection joined in its middle."""
    wire = Wire()
    wire.join(True)
    wire.join(False)
    wire.play([say("S: CHL 0 155701315"), say("S: CHL 0 155701316")])
    wire.play([*dialogue, say("C: PNG"), say("S: QNG 40"), say("C: PNG"), say("S: QNG 40")])
    versions = only(wire.end(), VersionAgreed)
    assert all(event.inferred for event in versions)
    told = [event.details for event in only(wire.events, ProfileLearnt) if isinstance(event, ProfileLearnt)]
    assert len(versions) <= 1
    for event in versions:
        assert isinstance(event, VersionAgreed)
        assert {"protocol_version": f"MSNP{event.version}"} in told
        return event.version
    return None


@pytest.mark.parametrize(
    ("lines", "version"),
    [
        (f"S: ADD 0 RL 5 kim@b.example Kim\nS: NLN BSY kim@b.example 金 1342177280 {OBJECT}", 9),
        (f"S: LST N=kim@b.example F=Kim C={GUID} 11 1", 12),
        (
            f"S: UBX kim@b.example 0\nS: NLN NLN kim@b.example Kim 13 {OBJECT}\nC: ADC 4 FL N=pat@c.example",
            None,
        ),
        ("S: UBX kim@b.example 0\nS: RNG 1 192.0.2.1:1863 CKI 1.2 kim@b.example Kim U messenger.x.test", 13),
        ("S: UBX kim@b.example 1 0\nS: FLN kim@b.example 1", None),
        ("S: UBX 1:kim@b.example 0\nS: FLN 1:kim@b.example 0:0", None),
        ("S: NLN NLN kim@b.example Kim 1342177280 0", None),
        ("C: PNG", None),
    ],
)
def test_a_version_is_told_if_it_is_the_only_one_left(lines: str, version: int | None) -> None:
    assert inferred(*script(lines)) == version


def test_texts_between_two_people_without_a_switchboard_are_msnp21() -> None:
    assert inferred(say("C: SDG 9 #", f"{SDG}Messaging: 2.0\r\nMessage-Type: Text\r\n\r\n你好")) == 21


def test_evidence_that_contradicts_itself_proves_nothing() -> None:
    lines = f"S: UBX 1:kim@b.example 0\nS: ADD 0 RL 5 kim@b.example Kim\nS: LST N=kim@b.example F=K C={GUID} 11 1"
    assert inferred(*script(lines)) is None


def test_a_client_heard_alone_that_offers_one_version_speaks_it() -> None:
    offer = script("""
        C: VER 1 MSNP15 CVR0
        C: CVR 2 0x0409 winnt 5.1 i386 Pidgin 2.10 msmsgs lou@a.example
        C: USR 3 SSO I lou@a.example
    """)
    wire = Wire().play(offer)
    assert not only(wire.events, VersionAgreed)  # the server may still answer
    wire.play(script("C: USR 4 SSO S t=x y\nC: BLP 5 AL"))
    (event,) = only(wire.events, VersionAgreed)
    assert isinstance(event, VersionAgreed)
    assert (event.version, event.inferred) == (15, True)


def test_the_servers_answer_goes_before_what_is_inferred() -> None:
    wire = Wire().play(script("C: VER 1 MSNP15 MSNP14 CVR0\nS: VER 1 MSNP14\nS: USR 3 OK lou@a.example 1 0"))
    wire.play(script("S: UBX kim@b.example 0\nS: UBX 1:kim@b.example 0"))
    (event,) = only(wire.end(), VersionAgreed)
    assert isinstance(event, VersionAgreed)
    assert (event.version, event.inferred) == (14, False)

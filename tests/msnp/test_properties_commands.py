"""Telephone numbers, names and settings (PRP, BPR, SBP, BLP, GTC)."""

import pytest

from tests.msnp.dialogue import script, tell
from tests.msnp.lists import G1, KIM, changes, heard, login

SIDES = [(True, True), (True, False), (False, True)]


@pytest.mark.parametrize(
    ("version", "line", "told"),
    [
        (5, "S: PRP 5 12 PHH 555%200100", "- - property=phone_home value=555 0100"),
        (7, "S: PRP 12 PHW 555", "- - property=phone_work value=555"),
        (8, "S: PRP PHM %2B15550177", "- - property=phone_mobile value=+15550177"),
        (9, "S: PRP MOB N", "- - property=mobile_enabled value=N"),
        (11, "S: PRP MBE Y", "- - property=MBE value=Y"),
        (11, "S: PRP 8 PHH", "- - property=phone_home value="),
        (11, "C: PRP 8 PHH ", "- - property=phone_home value="),
        (15, "C: PRP 8 MFN %E9%87%91%20%D9%83", "name - 金 ك"),
        (5, "S: BPR 12 kim@b.example PHH 555%200100", "property kim@b.example property=phone_home value=555 0100"),
        (11, "S: BPR kim@b.example MOB Y", "property kim@b.example property=mobile_enabled value=Y"),
        (11, "S: BPR 12 kim@b.example PHM", "property kim@b.example property=phone_mobile value="),
        (11, "S: BPR HSB 1", None),
        (2, "S: BLP 5 12 BL", "- - setting=privacy value=block"),
        (8, "S: BLP AL", "- - setting=privacy value=allow"),
        (15, "C: BLP 5 BL", "- - setting=privacy value=block"),
        (2, "S: GTC 5 12 A", "- - setting=notify_when_added value=True"),
        (11, "S: GTC N", "- - setting=notify_when_added value=False"),
    ],
)
def test_each_form(version: int, line: str, told: str | None) -> None:
    assert changes(heard(login(version, line))) == ([] if told is None else [told])


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("client", "server"), SIDES)
@pytest.mark.parametrize(
    ("request_", "answer", "told"),
    [
        ("PRP 8 PHH 555%200100", "PRP 8 14 PHH 555%200100", "- - property=phone_home value=555 0100"),
        ("PRP 8 MFN Lou%20L", "PRP 8 MFN Lou%20L", "name - Lou L"),
        ("BLP 8 BL", "BLP 8 14 BL", "- - setting=privacy value=block"),
        ("GTC 8 N", "GTC 8 N", "- - setting=notify_when_added value=False"),
        (f"SBP 8 {KIM} MFN %E7%8E%8B", f"SBP 8 {KIM} MFN %E7%8E%8B", "name kim@b.example 王"),
        (
            f"SBP 8 {KIM} HSB 1",
            f"SBP 8 {KIM} HSB 1",
            f"property kim@b.example property=HSB value=1 contact_id={KIM}",
        ),
        ("REA 8 kim@b.example Chef", "REA 8 99 kim@b.example Chef", "name kim@b.example Chef"),
    ],
)
def test_request_and_answer_are_one(  # noqa: PLR0917  # two sides, and in which order
    request_: str, answer: str, told: str, client: bool, server: bool, turned: bool
) -> None:
    listed = f"S: LST N=kim@b.example F=Kim C={KIM} 3 {G1}"
    both = [f"C: {request_}"] * client + [f"S: {answer}"] * server
    dialogue = script("\n".join(both[::-1] if turned else both))
    assert changes(heard([*login(11, listed), *dialogue]))[1:] == [told]


def test_a_name_for_somebody_unknown_names_no_account() -> None:
    events = heard(login(11, f"C: SBP 8 {KIM} MFN Chef\nS: SBP 8 {KIM} MFN Chef"))
    assert changes(events) == [f"renamed - 'Chef' contact_id={KIM}"]


def test_what_cannot_be_read_is_reported() -> None:
    events = heard(login(11, "S: PRP nothing\nS: BLP XL\nS: SBP 1 ? MFN a\nS: BPR kim@b.example"))
    assert [line.split("malformed ")[1] for line in tell(events) if "Undecoded" in line] == [
        "PRP: no property",
        "BLP: unknown setting",
        "SBP: no account",
        "BPR: no property",
    ]

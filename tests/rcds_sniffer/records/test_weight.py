"""What waits is bounded by all that it holds, not by its text alone."""

from rcds_sniffer.events import Connection, Message, Profile, Seen, Sending, weight

PLACE = Connection("msnp", "10.0.0.1:1", "10.0.0.2:1863", 0), Seen(1, 2, 3, "x", True)


def test_a_drawing_weighs_what_its_picture_does() -> None:
    drawing = Sending(*PLACE, sender=None, kind="ink", identity="1", details={"picture": {"base64": "A" * 80_000}})
    assert weight(drawing) > 80_000


def test_a_text_weighs_its_characters() -> None:
    assert weight(Message(*PLACE, sender=None, text="早安" * 10)) == 20


def test_what_has_no_text_weighs_what_it_says() -> None:
    assert weight(Profile(*PLACE, details={"name": "n" * 500})) > 500

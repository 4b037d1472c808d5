"""Records to show: one evening of Alice's, with everything that a stranger may send."""

import io
from collections.abc import Iterable
from itertools import count

from rcds_sniffer.export import open_writer
from rcds_sniffer.records.record import CommunicationRecord

SECOND = 1_000_000_000
EVENING = 1_795_385_700 * SECOND  # Sunday 2026-11-22T22:15:00Z
ALICE, BOB, MEI = "alice@example.org", "bob@example.org", "mei@example.cn"

_numbers = count()


def make_record(second: float = 0, **changed: object) -> CommunicationRecord:
    """Alice says hello to Bob, ``second`` seconds into the evening, but for ``changed`` fields."""
    sender = changed.get("sender", ALICE)
    target = changed.get("target", ALICE)
    fields: dict[str, object] = {
        "record_id": f"{next(_numbers):032x}",
        "order_id": None,
        "target": target,
        "time": EVENING + int(second * SECOND),
        "protocol": "msnp",
        "protocol_version": "MSNP15",
        "event": "message",
        "direction": "from-target" if sender == target else "to-target",
        "conversation_id": "c1",
        "sender": sender,
        "sender_name": {ALICE: "Alice", BOB: "Bob", MEI: "美"}.get(str(sender)),
        "recipients": (BOB,) if sender == ALICE else (ALICE,),
        "text": None if changed.get("event", "message") != "message" else "hello",
        "content_type": None,
        "format": None,
        "file": None,
        "client": "192.0.2.7:1042",
        "server": "198.51.100.3:1863",
        "sensor": "nis-1",
        "source": {"name": "evening.pcap", "packet": 7},
        "complete": True,
        "missing_bytes": 0,
        "details": None,
    }
    return CommunicationRecord(**{**fields, **changed})


def evening() -> list[CommunicationRecord]:
    """A login, a chat with Bob that Mei joins, past midnight."""
    alone = {"conversation_id": None, "recipients": ()}
    both = (ALICE, MEI)
    return [
        make_record(0, event="login", **alone, details={"client": "msmsgs", "client_version": "8.5.1302"}),
        make_record(1, event="presence", **alone, details={"status": "NLN"}),
        make_record(
            2, event="presence", conversation_id=None, sender=BOB, details={"status": "BSY", "initial": True}
        ),
        make_record(60, event="invite"),
        make_record(61, event="join", sender=BOB, direction=None),
        make_record(63, event="typing"),
        make_record(68, event="typing"),
        make_record(70, text="Hi Bob, are you coming tonight?", details={"delivery": "delivered"}),
        make_record(75, sender=BOB, text="Yes! Three things to bring:\r\n- bread\r\n- wine\r\n- the map"),
        make_record(80, event="nudge"),
        make_record(91, event="action", sender=BOB, text="waves"),
        make_record(
            100,
            text="A longer text shows how lines fold: the quick brown fox jumps over the lazy dog, and then "
            "again and again, until everybody in the house has seen it at least once.",
        ),
        make_record(120, event="join", sender=MEI, recipients=(ALICE, BOB), direction=None),
        make_record(
            130,
            sender=MEI,
            recipients=(ALICE, BOB),
            text="你好,今天晚上我们在老地方见面,不要迟到。别忘了带地图和面包,还有昨天说的那本书,谢谢大家!",
        ),
        make_record(
            140, sender=BOB, recipients=both, text="今日は雨です。カサを忘れないで☂ مرحبا، كيف حالك؟ 👩‍👩‍👧👍🏽"
        ),
        make_record(150, recipients=(BOB, MEI), text="did this arrive?", details={"delivery": "refused"}),
        make_record(160, sender=BOB, recipients=both, text="the first half of", complete=False, missing_bytes=12),
        make_record(
            170,
            sender=BOB,
            recipients=both,
            event="file-offer",
            file={"name": "map.jpg", "size": 48213, "complete": True},
        ),
        make_record(6300, sender=MEI, recipients=(ALICE, BOB), text="home safe, good night"),
        make_record(6310, event="leave", sender=MEI, recipients=(ALICE, BOB), direction=None),
        make_record(6320, event="logout", **alone, details={"reason": "OTH"}),
    ]


def export(form: str, records: Iterable[CommunicationRecord], **options: object) -> str:
    """What the writer of ``form`` writes for ``records``."""
    stream = io.StringIO(newline="")
    writer = open_writer(form, stream, **options)
    writer.write(records)
    writer.flush()
    return stream.getvalue()

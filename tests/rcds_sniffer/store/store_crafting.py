"""A record to vary: Alice says something to Bob, but for what the test says."""

import uuid

from rcds_sniffer.records.record import CommunicationRecord

SECOND = 1_000_000_000
NOON = 1_795_348_800 * SECOND  # 2026-11-22T12:00:00Z


def make_record(**changed: object) -> CommunicationRecord:
    """The record with ``changed`` fields and an id of its own."""
    fields: dict[str, object] = {
        "record_id": uuid.uuid4().hex,
        "order_id": None,
        "target": "alice@example.org",
        "time": NOON,
        "protocol": "msnp",
        "protocol_version": "MSNP15",
        "event": "message",
        "direction": "from-target",
        "conversation_id": "c1",
        "sender": "alice@example.org",
        "sender_name": "Alice",
        "recipients": ("bob@example.org",),
        "text": "hello",
        "content_type": "text/plain; charset=UTF-8",
        "format": {"font": "Segoe UI", "effects": "B", "color": "0000FF", "right_to_left": False},
        "file": None,
        "client": "192.0.2.7:1042",
        "server": "198.51.100.3:1863",
        "sensor": "nis-1",
        "source": {"name": "x.pcap", "packet": 7},
        "complete": True,
        "missing_bytes": 0,
        "details": None,
    }
    return CommunicationRecord(**{**fields, **changed})

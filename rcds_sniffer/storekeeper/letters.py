"""Records as they go over the channel: a JSON object of their fields, checked field by field where they arrive."""

from typing import Any, Final

from rcds_sniffer.records.record import EVENTS, FIELDS, CommunicationRecord
from rcds_sniffer.storekeeper.channel import ChannelError

TEXT: Final = (str,)
MAYBE_TEXT: Final = (str, type(None))
MAYBE_OBJECT: Final = (dict, type(None))

TYPES: Final[dict[str, tuple[type, ...]]] = {
    **dict.fromkeys(FIELDS, MAYBE_TEXT),
    **dict.fromkeys(("record_id", "protocol", "event", "server", "sensor"), TEXT),
    **dict.fromkeys(("format", "file", "details"), MAYBE_OBJECT),
    "time": (int,),
    "recipients": (list,),
    "source": (dict,),
    "complete": (bool,),
    "missing_bytes": (int,),
}
"""What each field may be, on its way to the storekeeper."""


def pack(record: CommunicationRecord) -> dict[str, Any]:
    """The object to send."""
    return {name: getattr(record, name) for name in FIELDS}


def unpack(said: object) -> CommunicationRecord:
    """The record.

    Raises:
        ChannelError: it is none that this program makes.
    """
    if not isinstance(said, dict) or said.keys() != TYPES.keys():
        raise ChannelError("a record has other fields than it should")
    for name, types in TYPES.items():
        if type(said[name]) not in types:
            raise ChannelError(f"a record's {name} is none")
    recipients = said["recipients"]
    if said["event"] not in EVENTS or not all(isinstance(account, str) for account in recipients):
        raise ChannelError("a record's event or recipients are none")
    return CommunicationRecord(**{**said, "recipients": tuple(recipients)})

"""What is known of a target, as the ``profile`` command tells it: the names here are those of the JSON form.

Every entry of a list is a fact: what is known, and ``first``, ``last``, ``count``, ``source``
(``docs/profile.md``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from rcds_sniffer.profile.fact import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A target."""

    account: str
    records: int
    """That say all this."""
    first: str
    """RFC 3339, of the first record, as ``last``."""
    last: str
    source: Mapping[str, object]
    """Of the first record: ``name`` and ``packet``."""
    name: str | None = None
    """The display name at the end."""
    events: Mapping[str, int] = field(default_factory=dict)
    """Records by event."""
    names: Iterable[Entry] = ()
    personal_messages: Iterable[Entry] = ()
    media: Iterable[Entry] = ()
    """What the target listened to, played or worked with, as it told its contacts."""
    pictures: Iterable[Entry] = ()
    clients: Iterable[Entry] = ()
    addresses: Iterable[Entry] = ()
    computers: Iterable[Entry] = ()
    properties: Iterable[Entry] = ()
    settings: Iterable[Entry] = ()
    groups: Iterable[Entry] = ()
    circles: Iterable[Entry] = ()
    sessions: Iterable[Entry] = ()
    failed_logins: Iterable[Entry] = ()
    statuses: Iterable[Entry] = ()
    status_seconds: Mapping[str, float] = field(default_factory=dict)
    """Of statuses whose end was seen."""
    contacts: Iterable[Entry] = ()
    correspondents: Iterable[Entry] = ()
    """Most messages first."""
    conversations: int = 0
    mail_to: Iterable[Entry] = ()
    mail_from: Iterable[Entry] = ()
    pages: Iterable[Entry] = ()
    searches: Iterable[Entry] = ()
    refusals: Iterable[Entry] = ()
    """Commands that the server refused."""
    limits_reached: Iterable[str] = ()
    """Of these lists only the earliest are kept."""

    def to_dict(self) -> dict[str, object]:
        """The JSON form: what is not known is left out."""
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in known.items()
            if value is not None and value not in ((), [], {})
        }

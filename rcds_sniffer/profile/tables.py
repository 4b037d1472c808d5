"""The tables of a profile: for each list of the JSON form its title, and how a fact becomes the cells of a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rcds_sniffer.export.phrases import STATUSES

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Column:
    """One of a table."""

    head: str
    cell: Callable[[Row], str]
    right: bool = False
    narrow: bool = False
    """Never folded."""
    under: bool = False
    """Where it is tight it stands beneath the column before it."""


def values_of(*keys: str, between: str = " ") -> Callable[[Row], str]:
    """The values of ``keys``, those that are there."""
    return lambda row: between.join(shown(row[key]) for key in keys if row.get(key) not in (None, "", [], ()))


def shown(value: object) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {shown(item)}" for key, item in value.items())
    return str(value)


def moment_of(key: str) -> Callable[[Row], str]:
    """``2009-05-10 20:00:01``, of a moment in RFC 3339."""
    return lambda row: str(row.get(key) or "")[:19].replace("T", " ")


def source_of(row: Row) -> str:
    """``demo.pcap:23``: file and packet; where the file lies is in the JSON form."""
    source = row.get("source")
    if not isinstance(source, Mapping):
        return ""
    return f"{str(source.get('name')).rpartition('/')[2]}:{source.get('packet')}"


def _status(row: Row) -> str:
    status = row.get("status")
    return "" if status is None else STATUSES.get(str(status), str(status))


def _duration(row: Row) -> str:
    seconds = row.get("seconds")
    return duration(seconds) if isinstance(seconds, int | float) else ""


def duration(seconds: float) -> str:
    """``1:02:03``, hours, minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _number(key: str) -> Callable[[Row], str]:
    return lambda row: f"{value:,}" if isinstance(value := row.get(key), int) and value else ""


def _login(row: Row) -> str:
    return "sign-in" if row.get("login") else "seen open"


def _known_properties(row: Row) -> str:
    known = [item for item in _items(row, "properties") if "until" not in item]
    return ", ".join(f"{item.get('property')} {shown(item.get('value'))}" for item in known)


def _items(row: Row, key: str) -> list[Row]:
    """The facts in a list of a fact."""
    items = row.get(key)
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def _former_names(row: Row) -> str:
    names = row.get("names")
    known = (
        [str(item.get("name")) for item in names if isinstance(item, Mapping)] if isinstance(names, list) else []
    )
    return ", ".join(dict.fromkeys(name for name in known if name != row.get("name")))


SEEN = (
    Column("first UTC", moment_of("first"), narrow=True),
    Column("last UTC", moment_of("last"), narrow=True, under=True),
    Column("times", _number("count"), right=True, narrow=True),
    Column("first in packet", source_of),
)
LASTED = (
    Column("from UTC", moment_of("first"), narrow=True),
    Column("until UTC", moment_of("until"), narrow=True, under=True),
    Column("last seen", moment_of("last"), narrow=True, under=True),
    Column("first in packet", source_of),
)

TABLES: tuple[tuple[str, str, tuple[Column, ...]], ...] = (
    ("names", "Display names", (Column("name", values_of("name")), *LASTED)),
    ("personal_messages", "Personal messages", (Column("message", values_of("personal_message")), *LASTED)),
    (
        "media",
        "Current media",
        (
            Column("kind", values_of("kind", "application")),
            Column(
                "what",
                lambda row: values_of("artist", "title", "album", between=" – ")(row) or values_of("fields")(row),
            ),
            *LASTED,
        ),
    ),
    (
        "pictures",
        "Display pictures",
        (
            Column("sha1d", values_of("sha1d")),
            Column("file", values_of("location", "friendly")),
            Column("octets", values_of("size"), right=True),
            *SEEN,
        ),
    ),
    (
        "clients",
        "Clients and systems",
        (
            Column("client", values_of("client", "client_version", "client_family", "product", "user_agent")),
            Column("system", values_of("os", "os_version", "architecture"), under=True),
            Column("locale", values_of("locale_name", "locale"), under=True),
            Column("from", values_of("told_by")),
            *SEEN,
        ),
    ),
    (
        "addresses",
        "Addresses",
        (Column("address", values_of("address")), Column("told by", values_of("told_by")), *SEEN),
    ),
    (
        "computers",
        "Computers",
        (
            Column("computer", values_of("computer", "machine", "machine_id")),
            Column("client", values_of("client", "client_version", "client_family", "client_type")),
            Column("endpoint", values_of("id"), under=True),
            *SEEN,
        ),
    ),
    (
        "properties",
        "Telephones and other properties",
        (
            Column("property", values_of("property")),
            Column("value", values_of("value")),
            Column("told by", values_of("told_by")),
            *LASTED,
        ),
    ),
    (
        "settings",
        "Settings",
        (Column("setting", values_of("setting")), Column("value", values_of("value")), *LASTED),
    ),
    (
        "groups",
        "Groups of contacts",
        (Column("group", values_of("group")), Column("id", values_of("group_id")), *LASTED),
    ),
    (
        "circles",
        "Circles",
        (Column("circle", values_of("circle")), Column("id", values_of("circle_id")), *LASTED),
    ),
    (
        "sessions",
        "Sessions",
        (
            Column("begins with", _login, narrow=True),
            Column("from UTC", moment_of("first"), narrow=True),
            Column("until UTC", moment_of("until"), narrow=True, under=True),
            Column("lasted", _duration, right=True, narrow=True),
            Column("last seen", moment_of("last"), narrow=True, under=True),
            Column("address", values_of("address")),
            Column("end", values_of("reason"), under=True),
            Column("first in packet", source_of),
        ),
    ),
    (
        "failed_logins",
        "Refused sign-ins",
        (
            Column("error", values_of("command", "error", "error_text")),
            Column("client", values_of("client")),
            *SEEN,
        ),
    ),
    (
        "statuses",
        "Status over time",
        (Column("status", _status), Column("lasted", _duration, right=True, narrow=True), *LASTED),
    ),
    (
        "contacts",
        "Contacts",
        (
            Column("contact", lambda row: values_of("account")(row) or values_of("contact_id")(row)),
            Column("name", values_of("name"), under=True),
            Column("other names", _former_names, under=True),
            Column("network", values_of("network_name"), under=True),
            Column("lists", values_of("lists")),
            Column("blocked", values_of("blocked"), narrow=True, under=True),
            Column("groups", values_of("groups"), under=True),
            Column("properties", _known_properties),
            Column("last status", _status),
            Column("at UTC", moment_of("status_time"), narrow=True, under=True),
            Column("known since", moment_of("first"), narrow=True),
            Column("first in packet", source_of, under=True),
        ),
    ),
    (
        "correspondents",
        "Most frequent correspondents",
        (
            Column("account", values_of("account")),
            Column("name", values_of("name")),
            Column("sent to", _number("messages_sent"), right=True, narrow=True),
            Column("received", _number("messages_received"), right=True, narrow=True),
            *(SEEN[0], SEEN[1], SEEN[3]),
        ),
    ),
    ("mail_to", "Mail written to", (Column("address", values_of("mail_to")), *SEEN)),
    (
        "mail_from",
        "Mail noticed from",
        (Column("address", values_of("mail_from")), Column("name", values_of("name")), *SEEN),
    ),
    ("pages", "Pages asked for", (Column("page", values_of("page", "page_argument")), *SEEN)),
    ("searches", "Searched for", (Column("words", values_of("search")), *SEEN)),
    (
        "refusals",
        "Refused by the server",
        (
            Column("command", values_of("command", "action", "property", "setting", "status", "group")),
            Column("whom", values_of("account")),
            Column("error", values_of("error", "error_text")),
            *SEEN,
        ),
    ),
)

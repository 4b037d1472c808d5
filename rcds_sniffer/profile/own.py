"""What is known of the target itself: from its records to names, clients, addresses, computers, settings.

Each kind is a list of facts with a limit of its own, named in :data:`LIMITS` by the key of the JSON form.
"""

from collections.abc import Mapping

from rcds_sniffer.profile.fact import MAX_TEXT, Facts, Spans, chosen, objects, scalar, word, words
from rcds_sniffer.records.record import CommunicationRecord

LIMITS = {
    "names": 10_000,
    "personal_messages": 10_000,
    "media": 10_000,
    "pictures": 10_000,
    "clients": 10_000,
    "addresses": 10_000,
    "computers": 10_000,
    "properties": 10_000,
    "settings": 10_000,
    "groups": 10_000,
    "circles": 10_000,
    "failed_logins": 10_000,
    "mail_to": 10_000,
    "mail_from": 10_000,
    "pages": 10_000,
    "searches": 10_000,
    "refusals": 10_000,
}
"""Facts of each list."""

MAX_OBJECTS = 100
"""Endpoints or addresses that one record can name."""
MAX_FIELDS = 100
"""Fields of a server's profile."""

CREDENTIAL = "present"
"""The value of a field whose own value is never kept."""
NO_PROPERTIES = frozenset({"ClientIP", "ClientPort", "LoginTime", "inferred", "missing"})
"""Fields of the server's profile that are told elsewhere, or are of one sign-in."""

PICTURE = ("sha1d", "sha1c", "type", "size", "location", "friendly", "creator")
CLIENT = ("client", "client_version", "os", "os_version", "architecture", "locale", "locale_name")
ENDPOINT = ("id", "computer", "client_type", "client", "client_version", "client_family")
FAILED = ("command", "error", "error_text", "client", "client_version", "login")
REFUSED = ("command", "action", "property", "setting", "status", "group", "error", "error_text")
PROGRAM = ("product", "chat_logging", *CLIENT)
"""Of the client, beside the sign-in."""
SETTINGS = ("signature_sound", "scene", "color_scheme")
"""Of the target's presence."""
WORDS = ("blocked_words", "web_tv")
"""Of what the server says to the target."""


class Own:
    """Facts about one target."""

    def __init__(self, account: str) -> None:
        self._account = account
        limit = LIMITS
        self.names = Spans(limit["names"], recalls=True)
        self._personal = Spans(limit["personal_messages"])
        self._media = Spans(limit["media"])
        self._properties = Spans(limit["properties"])
        self._settings = Spans(limit["settings"])
        self._groups = Spans(limit["groups"])
        self._circles = Spans(limit["circles"])
        self._group_names: dict[object, str] = {}
        self._facts = {
            name: Facts(limit[name])
            for name in ("pictures", "clients", "addresses", "computers", "failed_logins",
                         "mail_to", "mail_from", "pages", "searches", "refusals")
        }  # fmt: skip

    def lists(self) -> Mapping[str, Facts | Spans]:
        """All of them, by the key of the JSON form."""
        return {
            "names": self.names,
            "personal_messages": self._personal,
            "media": self._media,
            "properties": self._properties,
            "settings": self._settings,
            "groups": self._groups,
            "circles": self._circles,
            **self._facts,
        }

    def whereabouts(self, record: CommunicationRecord) -> None:
        """The address at the other end of the target's own connection."""
        if record.client is not None:
            self._address(record, record.client.rpartition(":")[0].strip("[]"), "connection")

    def login(self, record: CommunicationRecord) -> None:
        """With which client on which system it signed in."""
        details = record.details or {}
        self._client(record, "login", chosen(details, *CLIENT))
        machine = word(details.get("machine_id"))
        if machine is not None:
            self._note(record, "computers", {"machine_id": machine})
        verified = details.get("verified")
        if isinstance(verified, bool):
            told = {"property": "verified", "value": verified, "told_by": "server"}
            self._properties.say(record, "verified", told)
        self._name(record)

    def failed_login(self, record: CommunicationRecord) -> None:
        """Somebody, at an address that need not be the target's, was refused."""
        self._note(record, "failed_logins", chosen(record.details or {}, *FAILED))

    def presence(self, record: CommunicationRecord) -> None:
        """What the target told its contacts of itself."""
        details = record.details or {}
        self._name(record)
        self._client(record, "presence", chosen(details, "client_family"))
        if isinstance(details.get("personal_message"), str):
            self._told(record, self._personal, chosen(details, "personal_message"))
        media = details.get("media", False)
        if media is None:
            self._told(record, self._media, {})
        elif isinstance(media, Mapping):
            playing = media.get("playing") is not False
            told = chosen(media, "application", "kind", "title", "artist", "album", "format") if playing else {}
            fields = words(media.get("fields"), MAX_OBJECTS)
            self._told(record, self._media, told | ({"fields": fields} if playing and fields else {}))
        picture = details.get("picture")
        if isinstance(picture, Mapping):
            self._note(record, "pictures", chosen(picture, *PICTURE))
        for endpoint in objects(details.get("endpoints"), MAX_OBJECTS):
            self._note(record, "computers", chosen(endpoint, *ENDPOINT))
        self._note(record, "computers", chosen(details, "machine"))
        for name, value in chosen(details, *SETTINGS).items():
            self._settings.say(record, name, {"setting": name, "value": value})

    def profile(self, record: CommunicationRecord) -> None:
        """What the target or the server says of the account."""
        details = record.details or {}
        if record.content_type is not None:
            self._server_profile(record, details)
            return
        if "error" in details:
            self.refused(record)
            self._take_back(record, details)
            return
        self._name(record)
        by_program = "product" in details or "update_check" in details
        self._client(record, "program" if by_program else "message", chosen(details, *PROGRAM))
        self._valued(record, self._properties, details, "property")
        self._valued(record, self._settings, details, "setting")
        for name, value in chosen(details, *WORDS).items():
            self._settings.say(record, name, {"setting": name, "value": value})
        if isinstance(details.get("blocked_words"), list):
            shown = ", ".join(words(details["blocked_words"], MAX_OBJECTS))[:MAX_TEXT]
            self._settings.say(record, "blocked_words", {"setting": "blocked_words", "value": shown})
        self._group(record, details)
        circle = chosen(details, "circle", "circle_id")
        if "circle" in circle:
            self._circles.say(record, circle.get("circle_id"), circle)
        self._note(record, "mail_to", chosen(details, "mail_to"))
        self._note(record, "pages", chosen(details, "page", "page_argument"))
        search = details.get("search")
        if isinstance(search, Mapping):
            fields = chosen(search, *[name for name in list(search)[:MAX_FIELDS] if len(name) <= MAX_TEXT])
            self._facts["searches"].note(record, tuple(fields.items()), {"search": fields})

    def _take_back(self, record: CommunicationRecord, details: Mapping[str, object]) -> None:
        """What the refused command would have changed is as it was."""
        for spans, subject in (
            (self._properties, word(details.get("property"))),
            (self._settings, word(details.get("setting")) or ("web_tv" if "web_tv" in details else None)),
            (self._groups, word(details.get("group"))),
            (self.names, "name" if details.get("action") == "renamed" and "name" in details else None),
        ):
            if subject is not None and details.get("action") == "removed":
                spans.resume(subject, record.time)
            elif subject is not None:
                spans.refuse(subject, record.time)

    def _server_profile(self, record: CommunicationRecord, details: Mapping[str, object]) -> None:
        """The fields of the profile message (MSNP3 and later), as the server calls them."""
        address = word(details.get("ClientIP"))
        if address is not None:
            self._address(record, address, "server")
        for name in list(details)[:MAX_FIELDS]:
            value = scalar(details[name])
            if value not in (None, CREDENTIAL) and name not in NO_PROPERTIES:
                self._properties.say(
                    record, name, {"property": name[:MAX_TEXT], "value": value, "told_by": "server"}
                )

    def _group(self, record: CommunicationRecord, details: Mapping[str, object]) -> None:
        """A group goes by its name, and by a number that stays when the name changes."""
        group, number = word(details.get("group")), scalar(details.get("group_id"))
        before = None if number is None else self._group_names.get(number)
        if details.get("action") == "removed":
            self._groups.end(group if before is None else before, record.time)
        elif group is not None:
            if before is not None and before != group:
                self._groups.end(before, record.time)
            self._groups.say(record, group, {"group": group})
            fact = self._groups.now(group)
            if number is not None and fact is not None and len(self._group_names) < LIMITS["groups"]:
                self._group_names[number] = group
                fact.values["group_id"] = number

    def refused(self, record: CommunicationRecord) -> None:
        """A command that the server refused."""
        details = record.details or {}
        if "error" in details:
            whom = {"account": word(record.recipients[0])} if record.recipients else {}
            self._note(record, "refusals", chosen(details, *REFUSED) | whom)

    def mail(self, record: CommunicationRecord) -> None:
        """Whose mail the target was told of."""
        details = record.details or {}
        for address, name in (("From-Addr", "From"), ("sender", "sender_name")):
            sender = word(details.get(address))
            if sender is not None and "about" not in details:
                self._note(record, "mail_from", {"mail_from": sender} | _renamed(details, name, "name"))

    def said(self, record: CommunicationRecord) -> None:
        """What the target's part in a conversation shows beside."""
        if record.sender != self._account:
            return
        name = word(record.sender_name)
        if name is not None:
            self.names.say(record, "name", {"name": name}, hearsay=True)
        details = record.details or {}
        self._client(record, "message", chosen(details, "user_agent"))
        for address in words(details.get("addresses"), MAX_OBJECTS):
            self._address(record, address, "invitation")

    # --- how each is kept -------------------------------------------------------------------------------------

    def _name(self, record: CommunicationRecord) -> None:
        name = word(record.sender_name)
        if name is not None and record.sender == self._account:
            self.names.say(record, "name", {"name": name})

    def _address(self, record: CommunicationRecord, address: str, told_by: str) -> None:
        self._note(record, "addresses", {"address": address, "told_by": told_by})

    def _client(self, record: CommunicationRecord, told_by: str, values: dict[str, object]) -> None:
        if values:
            self._note(record, "clients", values | {"told_by": told_by})

    def _note(self, record: CommunicationRecord, name: str, values: Mapping[str, object]) -> None:
        if values:
            self._facts[name].note(record, tuple(values.items()), values)

    @staticmethod
    def _told(record: CommunicationRecord, spans: Spans, values: Mapping[str, object]) -> None:
        """Of the one subject that ``spans`` has; nothing told is taken back."""
        if values:
            spans.say(record, "", values)
        else:
            spans.end("", record.time)

    @staticmethod
    def _valued(record: CommunicationRecord, spans: Spans, details: Mapping[str, object], key: str) -> None:
        name = word(details.get(key))
        if name is None:
            return
        value = scalar(details.get("value"))
        if value is None:
            spans.end(name, record.time)
        else:
            spans.say(record, name, {key: name, "value": value})


def _renamed(details: Mapping[str, object], old: str, new: str) -> dict[str, object]:
    value = word(details.get(old))
    return {} if value is None else {new: value}

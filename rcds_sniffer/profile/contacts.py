"""The target's contacts: from records of the events ``contact`` and ``presence`` to what is known of each.

Lists: FL (the target's own list), AL (may see the target), BL (blocked), RL (who has the target on theirs), PL
(waiting for the target's answer). AL and BL exclude each other, as the server sees to. Where all lists of a contact
are told at once (``bits``), those of the first three that are left out hold no longer; otherwise a list that is
told anew at a sign-in takes back nothing by what it leaves out: how fresh a membership is says its ``last``.
"""

from collections.abc import Hashable, Mapping

from rcds_sniffer.profile.fact import Entry, Fact, Facts, Spans, chosen, scalar, word, words
from rcds_sniffer.records.record import CommunicationRecord, rfc3339

MAX_CONTACTS = 100_000
MAX_MEMBERSHIPS = 200_000
"""In lists, of all contacts together."""
MAX_OF_ALL = 100_000
"""Names, groups or properties, each of all contacts together."""
MAX_LISTS = 8
"""Lists that one record can name."""
MAX_GROUPS = 32
"""Groups of one contact; real lists had up to 30."""

OUT = ("removed", "unblocked")
"""Actions that end a membership."""
OWN_LISTS = ("FL", "AL", "BL")
"""Those that the client itself keeps, so that they are always told whole."""
PLACEHOLDERS = ("added", "blocked")
"""Actions in which a client names a contact whose name it does not know by the account."""
WHOLE = ("listed", "moved")
"""Actions that name all groups of a contact."""
EXCLUDES = {"AL": "BL", "BL": "AL"}


class Contacts:
    """All contacts of one target."""

    def __init__(self) -> None:
        self._people = Facts(MAX_CONTACTS)
        self._names = Spans(MAX_OF_ALL)
        self._lists = Spans(MAX_MEMBERSHIPS)
        self._groups = Spans(MAX_OF_ALL)
        self._properties = Spans(MAX_OF_ALL)
        self._in_groups: dict[str, list[str]] = {}

    @property
    def full(self) -> bool:
        """Some limit was reached."""
        kept = self._people, self._names, self._lists, self._groups, self._properties
        return any(facts.full for facts in kept)

    def change(self, record: CommunicationRecord, account: str) -> None:
        """A ``contact`` record about ``account``."""
        account, details = word(account) or "", record.details or {}
        person = self._note(record, account, {"account": account})
        if person is not None:
            self._change(record, account, person, details)

    def change_of(self, record: CommunicationRecord, contact_id: str) -> None:
        """A record about somebody of whom only the number is known."""
        contact_id, details = word(contact_id) or "", record.details or {}
        person = self._note(record, contact_id, {"contact_id": contact_id})
        if person is not None:
            self._change(record, contact_id, person, details)

    def _change(
        self, record: CommunicationRecord, account: str, person: Fact, details: Mapping[str, object]
    ) -> None:
        if "error" in details:
            self._refused(record, account, details)
            return
        person.values.update(chosen(details, "network", "network_name", "contact_id"))
        name = word(details.get("name")) or (word(record.sender_name) if record.sender == account else None)
        if name is not None and not (name == account and details.get("action") in PLACEHOLDERS):
            self._names.say(record, account, {"name": name})
        action = word(details.get("action"))
        if action == "reported":
            person.values["reported"] = rfc3339(record.time)
        self._place(record, account, action, details)
        key = word(details.get("property"))
        if key is not None:
            value = scalar(details.get("value"))
            if value is None:
                self._properties.end((account, key), record.time)
            else:
                self._properties.say(record, (account, key), {"property": key, "value": value})

    def _place(
        self, record: CommunicationRecord, account: str, action: str | None, details: Mapping[str, object]
    ) -> None:
        """Lists and groups."""
        lists, groups = words(details.get("lists"), MAX_LISTS), words(details.get("groups"), MAX_GROUPS)
        if action in OUT:
            for group in groups:
                self._groups.end((account, group), record.time)
            left = [] if groups else lists  # out of a group, not of the list
            for name in ["BL"] if action == "unblocked" else left:
                self._lists.end((account, name), record.time)
            return
        for name in ["BL"] if action == "blocked" else lists:
            self._lists.say(record, (account, name), {"list": name})
            if name in EXCLUDES:
                self._lists.end((account, EXCLUDES[name]), record.time)
        if action == "listed" and "bits" in details:
            for name in set(OWN_LISTS).difference(lists):
                self._lists.end((account, name), record.time)
        self._place_in_groups(record, account, groups, details, whole=action in WHOLE)

    def _place_in_groups(
        self,
        record: CommunicationRecord,
        account: str,
        groups: list[str],
        details: Mapping[str, object],
        *,
        whole: bool,
    ) -> None:
        """Into ``groups``, and out of the others if they are the ``whole``."""
        if whole and isinstance(details.get("groups"), list):
            for name in self._in_groups.get(account, ()):
                if name not in groups:
                    self._groups.end((account, name), record.time)
        left_group, joined = word(details.get("group_removed")), word(details.get("group_added"))
        if left_group is not None:
            self._groups.end((account, left_group), record.time)
        if joined is not None and joined not in groups:
            groups = [*groups, joined]
        for group in groups:
            self._groups.say(record, (account, group), {"group": group})
        if groups:
            known = self._in_groups.setdefault(account, [])
            known += [group for group in groups if group not in known][: MAX_GROUPS - len(known)]

    def _refused(self, record: CommunicationRecord, account: str, details: Mapping[str, object]) -> None:
        """What the command would have changed is as it was."""
        action = word(details.get("action"))
        for name in words(details.get("lists"), MAX_LISTS):
            if action in OUT:
                self._lists.resume((account, name), record.time)
            elif action in ("added", "blocked"):
                self._lists.refuse((account, name), record.time)
                if name in EXCLUDES:
                    self._lists.resume((account, EXCLUDES[name]), record.time)
        if action == "renamed":
            self._names.refuse(account, record.time)
        elif (key := word(details.get("property"))) is not None:
            self._properties.refuse((account, key), record.time)

    def status(self, record: CommunicationRecord, account: str) -> None:
        """A ``presence`` record of ``account``."""
        account, details = word(account) or "", record.details or {}
        person = self._note(record, account, {"account": account})
        if person is None:
            return
        person.values.update(chosen(details, "network", "network_name", "client_family", "personal_message"))
        status = word(details.get("status"))
        if status is not None:
            person.values["status"] = status
            person.values["status_time"] = rfc3339(record.time)
        name = word(record.sender_name)
        if name is not None:
            self._names.say(record, account, {"name": name})

    def _note(self, record: CommunicationRecord, key: str, values: Mapping[str, object]) -> Fact | None:
        return self._people.note(record, key, values)

    def all(self) -> list[Entry]:
        """Every contact, with ``lists``, ``groups``, ``names``, ``memberships`` … where there are any."""
        people = {str(key): fact.to_dict() for key, fact in self._people.items()}
        spans = ("names", self._names), ("memberships", self._lists), ("properties", self._properties)
        for key, kept in spans:
            for subject, fact in kept.items():
                _append(people, subject, key, fact.to_dict())
        for key, value, kept in (("lists", "list", self._lists), ("groups", "group", self._groups)):
            for subject, fact in kept.items():
                if fact.until is None:
                    _append(people, subject, key, fact.values[value])
        for account, person in people.items():
            name = self._names.now(account)
            if name is not None:
                person["name"] = name.values["name"]
            if self._lists.now((account, "BL")) is not None:
                person["blocked"] = True
        return list(people.values())


def _append(people: Mapping[str, Entry], subject: Hashable, key: str, value: object) -> None:
    """To the list ``key`` of the contact that ``subject`` names."""
    person = people.get(str(subject[0] if isinstance(subject, tuple) else subject))
    if person is not None:
        values = person.setdefault(key, [])
        if isinstance(values, list):
            values.append(value)

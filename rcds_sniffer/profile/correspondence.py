"""With whom the target talks, and how much."""

from rcds_sniffer.profile.fact import Entry, Facts, word
from rcds_sniffer.records.record import CommunicationRecord

MAX_CORRESPONDENTS = 100_000
MAX_CONVERSATIONS = 500_000
"""Conversations that are told apart, 40 MB; beyond, new ones are no longer counted."""

COMMUNICATION = frozenset(
    {"nudge", "action", "file-offer", "file", "picture", "emoticon", "wink", "voice-clip", "ink", "webcam", "call"}
)
"""Events beside messages that somebody addresses to somebody."""


class Correspondence:
    """Messages and whatever else is sent, by correspondent; and the number of conversations."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._people = Facts(MAX_CORRESPONDENTS)
        self._conversations: set[int] = set()
        self.conversations_full = False

    @property
    def conversations(self) -> int:
        """How many the target took part in."""
        return len(self._conversations)

    @property
    def full(self) -> bool:
        """There were more correspondents than are kept."""
        return self._people.full

    def hear(self, record: CommunicationRecord) -> None:
        """A record of a conversation."""
        if record.conversation_id is not None:
            self._count(hash(record.conversation_id))
        if record.event != "message" and record.event not in COMMUNICATION:
            return
        what = "messages" if record.event == "message" else "others"
        if record.sender == self._account:
            for account in record.recipients:
                if account != self._account:
                    self._note(record, account, f"{what}_sent")
        elif record.sender is not None:
            self._note(record, record.sender, f"{what}_received")

    def _count(self, conversation: int) -> None:
        if len(self._conversations) < MAX_CONVERSATIONS:
            self._conversations.add(conversation)
        elif conversation not in self._conversations:
            self.conversations_full = True

    def _note(self, record: CommunicationRecord, account: str, key: str) -> None:
        account = word(account) or ""
        fact = self._people.note(record, account, {"account": account})
        if fact is None:
            return
        before = fact.values.get(key, 0)
        fact.values[key] = before + 1 if isinstance(before, int) else 1
        if record.sender == account and (name := word(record.sender_name)) is not None:
            fact.values["name"] = name

    def correspondents(self) -> list[Entry]:
        """Those with most messages first."""
        people = [fact.to_dict() for fact in self._people.all()]
        for person in people:
            for kind in ("messages_sent", "messages_received"):
                person.setdefault(kind, 0)
        return sorted(people, key=_messages, reverse=True)


def _messages(person: Entry) -> tuple[int, int]:
    return sum(map(int, _numbers(person, "messages"))), sum(map(int, _numbers(person, "others")))


def _numbers(person: Entry, what: str) -> list[int]:
    values = [person.get(f"{what}_sent"), person.get(f"{what}_received")]
    return [value for value in values if isinstance(value, int)]

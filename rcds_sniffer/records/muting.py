# cython: annotation_typing=False
"""Which connections need not be read: those where nobody is, or can be without our hearing of it, a target.

In nearly all conversations of a busy line nobody takes part whom the warrant names. What is said there makes no
record, so nobody need decode it: the recorder marks the connection as *muted*, and the protocol's door hands in
only who comes and goes, which accounts and conversations are known, and what was lost. So a conversation is heard
again as soon as that changes; what was said before was nobody's who is recorded. It is quiet

* when each of its open connections has shown its account and the whole roster, and lost nothing since,
* when its session id is known, by which its other ends are found,
* when nobody there, nobody called and nobody at an end of it is named by the warrant, at any time,
* and when nobody there is in another conversation of which this is not known: the two might prove to be one.

It is muted when it is quiet and nothing that was said before can still be learnt more of.
"""

from rcds_sniffer.orders import Warrant
from rcds_sniffer.records.conversation import Conversation
from rcds_sniffer.records.roster import MAX_ACCOUNTS


class Muting:
    """Sets and clears :attr:`rcds_sniffer.events.Connection.muted`, and is alone to do so."""

    __slots__ = ("_certain", "_doubtful", "_settle", "_warrant")

    def __init__(self, warrant: Warrant, settle: int) -> None:
        self._warrant = warrant
        self._settle = settle
        """How long copies and deliveries of what was said may come in, ns of capture time."""
        self._certain: dict[str, set[Conversation]] = {}
        """By account: the conversations that are quiet but for the last condition."""
        self._doubtful: dict[str, set[Conversation]] = {}
        """By account: the open conversations of which it is not certain who is there, or which they are."""

    def heard(self, conversation: Conversation, clock: int) -> None:
        """Something was said in it, which was not muted."""
        if conversation.judged is not conversation.roster.lately():
            self.review(conversation, clock)  # who spoke had not been seen to come
        if not conversation.quiet:
            conversation.loud_until = clock + self._settle
        elif clock >= conversation.loud_until:
            _mute(conversation, True)

    def review(self, conversation: Conversation, clock: int) -> None:
        """Something else happened in it, or the warrant was changed."""
        there = conversation.roster.lately()
        conversation.judged = there
        accounts = there.union([link.account for link in conversation.links if link.account is not None])
        certain = _is_certain(conversation)
        named = any([self._warrant.names(account) for account in accounts | conversation.called])  # noqa: C419
        doubted = accounts if conversation.open and not certain else frozenset[str]()
        sure = accounts if conversation.open and certain and not named else frozenset[str]()
        before, conversation.doubted = conversation.doubted, doubted
        for account in before - doubted:
            _leave(self._doubtful, account, conversation)
        for account in doubted - before:
            self._doubtful.setdefault(account, set()).add(conversation)
        for account in conversation.sure - sure:
            _leave(self._certain, account, conversation)
        for account in sure - conversation.sure:
            self._certain.setdefault(account, set()).add(conversation)
        conversation.sure = sure
        self._judge(conversation, clock)
        for account in before ^ doubted:
            for other in _standing(self._certain, account):
                self._judge(other, clock)

    def _judge(self, conversation: Conversation, clock: int) -> None:
        doubted = [self._doubted(account, conversation) for account in conversation.sure]
        conversation.quiet = bool(doubted) and True not in doubted
        _mute(conversation, conversation.quiet and clock >= conversation.loud_until)

    def _doubted(self, account: str, conversation: Conversation) -> bool:
        return any(other is not conversation for other in _standing(self._doubtful, account))


def _is_certain(conversation: Conversation) -> bool:
    """Its connections tell for certain who is there, and which conversation it is."""
    roster = conversation.roster
    if conversation.session_id is None or roster.full or len(conversation.called) > MAX_ACCOUNTS:
        return False
    return all(
        link.closed_at is not None or (link.account is not None and link.entered and link.doubtful_from is None)
        for link in conversation.links
    )


def _mute(conversation: Conversation, muted: bool) -> None:
    for link in conversation.links:
        link.connection.muted = muted and link.closed_at is None


def _standing(table: dict[str, set[Conversation]], account: str) -> list[Conversation]:
    """The conversations of ``account``, without those that another absorbed."""
    found = list(table.get(account, ()))
    for conversation in found:
        if conversation.current() is not conversation:
            _leave(table, account, conversation)
    return [conversation for conversation in found if conversation.current() is conversation]


def _leave(table: dict[str, set[Conversation]], account: str, conversation: Conversation) -> None:
    conversations = table.get(account)
    if conversations is not None:
        conversations.discard(conversation)
        if not conversations:
            del table[account]

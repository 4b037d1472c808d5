# cython: annotation_typing=False
"""What has been learnt of one connection: whose it is, which kind of server, who is there.

Handlers read and change it; it hands on the events that say so, each at most once. Two rules run through it. The
account, the kind of server and the conversation are one for the whole connection, so the first proof stands. And
what only the client's side of a conversation shows (``alone``) is concluded late, when the client goes on as only
a client does whose server agreed, because until then the server's answer may still come.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from msnp.chunks import PartTexts
from msnp.events import (
    NOTHING,
    AccountKnown,
    ConversationKnown,
    Entered,
    Event,
    Joined,
    Left,
    LoggedIn,
    LoggedOut,
    Mark,
    Present,
    RosterUnsure,
    ServerKnown,
)
from msnp.limits import Limits, Recent
from msnp.links import Links
from msnp.mime import HEADS


class State:
    """One connection, as far as it is understood."""

    version: int | None
    possible: int
    """What the version may be while it is not known: bit n for MSNPn, 2 to 21 (:mod:`msnp.versions`)."""
    part_texts: PartTexts[Any] | None
    """Messages in parts that wait for the rest; None, as below: there were none."""
    emoticons: Recent[Any, Any] | None
    """By conversation and sender, which shortcut stands for which picture."""
    invitations: Recent[tuple[str | None, str], Any] | None
    """By conversation and cookie, what was invited to."""
    multiparty: Any
    """Groups and people without a switchboard, MSNP18 on (msnp.circles.Multiparty)."""
    contacts: Any
    """What is known of the contact list (msnp.contact_list.ContactList)."""
    p2p: Any
    """What goes from peer to peer (msnp.p2p.calls.Calls)."""

    def __init__(
        self, emit: Callable[[Event], None], links: Links, client: str, server: str, limits: Limits
    ) -> None:
        self.emit = emit
        self.links = links
        self.client = client
        self.server = server
        self.limits = limits
        self.counters: Counter[str] = Counter()
        self.heads = HEADS
        """Header blocks seen lately, of all sessions."""
        self.place = HEADS.place()
        """Where in them its own are remembered: here those of the server's side, next to it the client's."""

        self.muted = False
        """Nobody asks for what people say to each other here: tell nothing of it (but texts in parts, whole)."""
        self.notification: bool | None = None
        self.version, self.possible = None, (1 << 22) - (1 << 2)
        self.account: str | None = None
        self.name: str | None = None
        self.session_id: str | None = None
        self.server_heard = False
        """Octets of the server's direction were seen, or are known to be missing."""

        # login
        self.claimed: str | None = None
        """The account that the client says it is; not proven."""
        self.claim_mark: Mark | None = None
        self.credential_mark: Mark | None = None
        self.details: dict[str, object] = {}
        self.began = False
        """The connection's beginning was seen (VER; a switchboard's USR or ANS)."""
        self.online = self.logged_in = self.logged_out = False

        # presence
        self.status: str | None = None
        self.requests: Recent[tuple[bytes, bytes], object] = Recent(limits.transactions)
        """What CHG, PRP, REA, CAL, USR asked for, by command and transaction."""

        # conversation
        self.entered = False
        self.left = False
        self.roster: dict[str, set[str]] = {}
        """Who is there, with their endpoints; the empty one is the bare address."""
        self.gone: Recent[str, None] = Recent(limits.roster)
        self.speaker, self.speaker_word, self.speaker_name, self.speaker_name_word = "", b"", "", b""
        """Who spoke last: account and display name, each also as the server wrote it."""
        self.doubts: list[Mark] = []
        """Losses in the server's direction that are not told yet."""
        self.opened = False
        """The own account opened this conversation (USR), and nobody was there before."""
        self.all_calls_seen = True
        """Nothing of the client's direction is missing that may have been a CAL."""
        self.called: set[str] = set()
        """Whom the own account called; two stand for more."""
        self.found_there: list[str] = []
        """For a client heard alone: who the links say was there when it came."""
        self.pending: list[Event] = []
        """For a client heard alone: what the links told before it was certain that it is in."""
        self.part_texts = self.emoticons = self.invitations = self.multiparty = self.contacts = self.p2p = None

    # --- one for the whole connection ---------------------------------------------------------------------

    def learn_server(self, notification: bool, mark: Mark, *, from_client: bool) -> None:
        """This is a notification server, or a switchboard."""
        if self.notification is None:
            self.notification = notification
            self.emit(ServerKnown(mark=mark, from_client=from_client, notification=notification))

    def learn_account(
        self, account: str, evidence: str, mark: Mark, *, from_client: bool, inferred: bool = False
    ) -> None:
        """The connection's own account is proven."""
        if self.account is not None:
            return
        self.account = account
        self.roster.pop(account, None)
        self.emit(
            AccountKnown(mark=mark, from_client=from_client, account=account, evidence=evidence, inferred=inferred)
        )
        if self.name is not None:
            self.links.named(account, self.name)

    def learn_name(self, name: str) -> None:
        """The own display name."""
        self.name = name
        if self.account is not None:
            self.links.named(self.account, name)

    def own_name(self) -> str | None:
        """The own display name, from here or from another connection of the account."""
        if self.name is None and self.account is not None:
            return self.links.name(self.account)
        return self.name

    def learn_conversation(self, session_id: str, mark: Mark, *, from_client: bool, inferred: bool = False) -> None:
        """The switchboard session's id."""
        if self.session_id is None:
            self.session_id = session_id
            self.emit(
                ConversationKnown(mark=mark, from_client=from_client, session_id=session_id, inferred=inferred)
            )

    def is_own(self, account: str) -> bool:
        """Whether this is the connection's own account, proven or at least claimed."""
        return account == (self.account or self.claimed)

    # --- login --------------------------------------------------------------------------------------------

    def log_in(self, mark: Mark, *, from_client: bool, name: str | None = None, inferred: bool = False) -> None:
        """The own account signed in."""
        if self.logged_in:
            return
        self.logged_in = self.online = True
        details: Mapping[str, object] = dict(self.details)
        self.emit(
            LoggedIn(
                mark=mark,
                from_client=from_client,
                account=self.account,
                name=name,
                details=details,
                inferred=inferred,
            )
        )

    def log_out(
        self, mark: Mark, *, from_client: bool, reason: str | None = None, details: Mapping[str, object] = NOTHING
    ) -> None:
        """The own account signed out, if it was in."""
        if self.online and not self.logged_out:
            self.logged_out = True
            self.emit(LoggedOut(mark=mark, from_client=from_client, reason=reason, details=details))

    # --- conversation -------------------------------------------------------------------------------------

    def enter(self, mark: Mark, *, from_client: bool) -> None:
        """The own account is in, and the roster is complete."""
        if self.entered:
            return
        self.entered = True
        self.doubts.clear()
        self.emit(Entered(mark=mark, from_client=from_client))

    def leave(self, mark: Mark, *, from_client: bool, said: bool = False, closed: bool = True) -> None:
        """The own account is out: its connection ended, or it ``said`` so, which also counts where the
        beginning was missed. Not ``closed``: it is only followed no longer, and nobody is said to have left."""
        if self.found_there:
            self.prove_alone(mark)
        if closed and not self.left and (self.entered or (said and not self.began)):
            self.left = True
            self.emit(Left(mark=mark, from_client=from_client, account=None))
        self.links.parted(self, mark if closed else None)

    def doubt(self) -> None:
        """Tell of losses that may have hidden who came and went."""
        for mark in self.doubts:
            self.emit(RosterUnsure(mark=mark, from_client=False))
        self.doubts.clear()

    def arrive(self, account: str, endpoint: str) -> bool:
        """Note that somebody, at one endpoint of theirs, is there; True if they were not yet."""
        endpoints = self.roster.get(account)
        if endpoints is None:
            if len(self.roster) < self.limits.roster:
                self.roster[account] = {endpoint}
            self.gone.pop(account, None)
            return True
        if len(endpoints) < self.limits.roster:
            endpoints.add(endpoint)
        return False

    def depart(self, account: str, endpoint: str) -> bool:
        """Note that somebody left, or one endpoint of theirs; True if they are no longer there."""
        endpoints = self.roster.get(account)
        if endpoints is None:  # their coming was not seen; the bare address goes last (reference 2.5)
            known = account in self.gone
            if not endpoint:
                self.gone.remember(account, None)
            return not endpoint and not known
        endpoints.discard(endpoint)
        if endpoint and endpoints:
            return False
        del self.roster[account]
        self.gone.remember(account, None)
        return True

    # --- a client that is heard alone ---------------------------------------------------------------------

    @property
    def alone(self) -> bool:
        """Nothing of the server's direction was ever there, and the client's connection goes on."""
        return not self.server_heard and not self.left

    def prove_alone(self, mark: Mark) -> None:
        """The client goes on in the conversation, so the server, which is not heard, let it in."""
        if not self.alone or self.entered or self.claimed is None or self.notification is not False:
            return
        claim = self.claim_mark or mark
        self.learn_account(self.claimed, "USR", claim, from_client=True, inferred=True)
        for ordinal, account in enumerate(self.found_there):
            if self.arrive(account, ""):
                self.emit(Present(mark=claim, from_client=True, ordinal=ordinal, account=account, inferred=True))
        self.entered = True
        self.emit(Entered(mark=claim, from_client=True, inferred=True))
        self.emit(RosterUnsure(mark=claim, from_client=True, inferred=True))
        pending, self.pending = self.pending, []
        for event in pending:
            self._tell_peer(event)

    def call(self, account: str, mark: Mark) -> None:
        """The own account calls somebody."""
        if len(self.called) < 2:
            self.called.add(account)
        if self.alone:
            self.links.called(self, account, mark)

    def conclude_called(self, mark: Mark) -> None:
        """The client speaks, so somebody is there (clients wait for that): the only one it called."""
        if not (self.alone and self.opened and self.all_calls_seen and len(self.called) == 1):
            return
        (account,) = self.called
        if not self.roster:
            self.links.spoke(self, account)
        if self.entered and not self.roster and not self.gone:
            self._tell_peer(Joined(mark=mark, from_client=True, account=account, inferred=True))

    def peer_joined(self, account: str, mark: Mark) -> None:
        """The links say that somebody came in."""
        if self.alone and not self.is_own(account):
            self._peer(Joined(mark=mark, from_client=True, account=account, inferred=True))

    def peer_left(self, account: str, mark: Mark) -> None:
        """The links say that somebody left."""
        if self.alone:
            self._peer(Left(mark=mark, from_client=True, account=account, inferred=True))

    def _peer(self, event: Joined | Left) -> None:
        if self.entered:
            self._tell_peer(event)
        elif len(self.pending) < self.limits.roster:
            self.pending.append(event)

    def _tell_peer(self, event: Event) -> None:
        if isinstance(event, Joined):
            if self.arrive(event.account, ""):
                self.emit(event)
        elif isinstance(event, Left) and event.account in self.roster:
            self.depart(event.account, "")
            self.emit(event)

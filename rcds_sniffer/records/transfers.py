"""Transfers of files and pictures: their octets go to the vault, and their records say what came of them.

A file is its sender's and its addressee's: octets of a transfer between two others are forgotten at once. When the
transfer's end is recorded, the vault says what came in on all the tapped connections together; that is said once,
the same to every target. Each target's record also names its own records of the offer and of the answer.
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, cast

from rcds_sniffer.events import FileOctets, Sending
from rcds_sniffer.files import TransferKey, Vault
from rcds_sniffer.files.vault import description_of_nothing
from rcds_sniffer.orders import Grant, Warrant
from rcds_sniffer.records.happening import Happening, Link, Sighting
from rcds_sniffer.records.record import CommunicationRecord

MAX_STEPS: Final = 20_000
"""Offers and answers remembered, each for one target; beyond, the first is forgotten, and its file names it not."""

MAX_RANGES: Final = 20
"""Ranges of a file remembered for who proves later to have a part in it; their record counts the others."""

UNSURE: Final = "?"
"""Ends the name of a transfer where its offsets are not known to count from the beginning of the file: those octets
belong to no other copy's."""

NO_STEP: Final[tuple[str | None, bool]] = (None, False)

OFFER, ANSWER = "file-offer", "file-accept"


class Transfers:
    """All transfers of one run."""

    def __init__(self, warrant: Warrant, vault: Vault) -> None:
        self._warrant = warrant
        self._vault = vault
        self._came: OrderedDict[TransferKey, dict[str, object]] = OrderedDict()
        """What was said of a transfer: where its other end is not known to be in the same conversation, the record
        of that end says the same."""
        self._fresh: object = None
        """The path of a content that no record has yet: whoever else asks gets a copy, however long ago it was."""
        self._steps: OrderedDict[tuple[str | None, ...], tuple[str, bool]] = OrderedDict()
        """By order, target, protocol, kind of step, who took it, and transfer: the record's identifier, and whether
        content was granted by then."""
        self._copies: OrderedDict[tuple[object, str | None], dict[str, object]] = OrderedDict()
        """By the path of a content and by order: what is said of it to that order, which has a copy of its own."""

    def take(self, link: Link, event: FileOctets) -> bool:
        """Hand octets to the vault, if a target sends or gets them; False if neither is one as far as is known."""
        key, grants = self._claimed(link, event)
        if key is None:
            return False
        if any(grant.content for grant in grants):
            self._vault.take(key, event)
        return True

    def claim(self, link: Link, event: FileOctets | Sending) -> TransferKey | None:
        """Which transfer it is of, if that is a target's; so is the road then on which it came."""
        return self._claimed(link, event)[0]

    def _claimed(self, link: Link, event: FileOctets | Sending) -> tuple[TransferKey | None, list[Grant]]:
        """The same, and what is granted of it."""
        key = key_of(link, event)
        if key is None:
            return None, []
        parties = (key.sender,) if key.recipient is None else (key.sender, key.recipient)
        time, connection = event.seen.time, link.connection
        grants: list[Grant] = []
        for account in parties:
            client = connection.client if account == link.account else None
            grants += self._warrant.grants(account, time, connection.protocol, client)
        if not grants:
            return None, []
        if link.parties is not None:
            link.parties = parties
        return key, grants

    def tell(self, record: CommunicationRecord, happening: Happening, grant: Grant, until: int) -> None:
        """Put into a record of a transfer's step or end what is known of its file, before it is handed on.

        Where no content is granted, or the order ended before the transfer, nothing is said of it but its outcome.
        """
        event = happening.sightings[0].event
        if not isinstance(event, Sending) or happening.transfer is None:
            return
        transfer = happening.transfer.removesuffix(UNSURE)
        order, target, protocol = record.order_id, record.target, record.protocol
        if happening.ending and not (grant.content and (grant.until is None or until < grant.until)):
            _put_outcome(record, outcome_of(happening.sightings))
        elif happening.ending:
            if happening.file is None:
                happening.file = self._describe(happening)
            offer, named = self._steps.get((order, target, protocol, OFFER, happening.actor, transfer), NO_STEP)
            answer, _ = self._steps.get(
                (order, target, protocol, ANSWER, happening.object or "", transfer), NO_STEP
            )
            file = self._own_copy(happening.file, order)
            if order is not None and not named:
                file = {**file, "name": None}  # it was offered before the order granted to know it
            _put(record, {**file, "offer": offer, "answer": answer})
            if "ranges_more" in happening.file:
                record.missing_bytes = happening.missing
            if not record.complete:
                _put_outcome(record, outcome_of(happening.sightings))
        elif happening.kind in (OFFER, ANSWER, "file-decline"):
            offered = order, target, protocol, OFFER, happening.object or "", transfer
            if order is not None and happening.kind != OFFER and not self._steps.get(offered, NO_STEP)[1]:
                record.details = without_offer(record.details)
            step = order, target, protocol, happening.kind, happening.actor, transfer
            self._steps.pop(step, None)
            self._steps[step] = record.record_id, grant.content
            if len(self._steps) > MAX_STEPS:
                self._steps.popitem(last=False)

    def _own_copy(self, file: dict[str, object], order: str | None) -> dict[str, object]:
        """No order's record leads to another's: the first has the content as it is, each further one its own."""
        path = file.get("path")
        if order is None or path is None:
            return file
        known = self._copies.get((path, order))
        if known is None:
            first = path == self._fresh
            self._fresh = None
            known = self._copies[path, order] = file if first else self._vault.again(file)
            while len(self._copies) > MAX_STEPS:
                self._copies.popitem(last=False)
        return known

    def take_unproven(self, event: FileOctets) -> None:
        """The account at the connection's end never showed: with ``--all`` that makes no difference."""
        self._vault.take(key_of_unproven(event), event)

    def told(self, happening: Happening) -> None:
        """Who is known to have a part in it by now has their record: only the gist is kept for others."""
        file = happening.file
        ranges = file.get("ranges") if file is not None else None
        if file is not None and isinstance(ranges, list) and len(ranges) > MAX_RANGES:
            more = len(ranges) - MAX_RANGES
            happening.missing = missing_of(file)
            happening.file = {**file, "ranges": ranges[:MAX_RANGES], "ranges_more": more}

    def tell_unproven(self, record: CommunicationRecord, event: Sending) -> None:
        """As :meth:`tell`, of what such an account sent."""
        if event.file is not None and event.transfer is not None:
            file = self._vault.describe(key_of_unproven(event), event.file)
            _put(record, {**file, "offer": None, "answer": None})
            if not record.complete:
                _put_outcome(record, event.file.get("outcome"))

    def concluded(self, happening: Happening) -> None:
        """The records of a transfer's end are written; what comes with a copy that is late changes nothing."""
        for key in keys_of(happening.sightings):
            self._vault.forget(key)

    def _describe(self, happening: Happening) -> dict[str, object]:
        """What came of the transfer, by all copies of its end."""
        files = [file for s in happening.sightings if (file := file_of(s)) is not None]
        said: dict[str, object] = {
            name: next((file[name] for file in files if file.get(name) is not None), None)
            for name in ("name", "size", "sha1")
        }
        keys = keys_of(happening.sightings)
        if not keys:
            return description_of_nothing(said)
        best = max(keys, key=lambda key: (not key.transfer.endswith(UNSURE), self._vault.octets(key)))
        if best.transfer.endswith(UNSURE):
            said["size"] = None  # how long it is is known, but not where in it these are
        said["outcome"] = "cut" if best.transfer.endswith(UNSURE) else outcome_of(happening.sightings)
        for key in keys:
            if key != best:  # the same octets, on a connection that did not say whom they are for
                self._vault.forget(key)
        told = self._came.get(best)
        if told is not None and not self._vault.octets(best):
            return dict(told)
        described = self._came[best] = self._vault.describe(best, said)
        self._fresh = described["path"]
        if len(self._came) > MAX_STEPS:
            self._came.popitem(last=False)
        return dict(described)


def without_offer(details: Mapping[str, object] | None) -> Mapping[str, object] | None:
    """An answer's details, without what only the offer said, which is not to be told."""
    return {name: value for name, value in (details or {}).items() if name not in {"file_name", "size"}} or None


def key_of(link: Link, event: FileOctets | Sending) -> TransferKey | None:
    """Which transfer it is of; None while nobody knows who sends it."""
    sender, recipient = event.sender or link.account, event.recipient
    if recipient is None and event.sender is not None and event.sender != link.account:
        recipient = link.account  # who else could see it come in
    if sender is None or event.transfer is None:
        return None
    return TransferKey(link.connection.protocol, sender, recipient, event.transfer)


def key_of_unproven(event: FileOctets | Sending) -> TransferKey:
    """The same on a connection whose account never showed."""
    return TransferKey(event.connection.protocol, event.sender or "", event.recipient, event.transfer or "")


def keys_of(sightings: tuple[Sighting, ...]) -> list[TransferKey]:
    """The transfer in all its copies: one key, unless some did not say for whom it is."""
    keys = [key_of(s.link, s.event) for s in sightings if isinstance(s.event, Sending)]
    return list(dict.fromkeys(key for key in keys if key is not None))


def file_of(sighting: Sighting) -> Mapping[str, object] | None:
    """What a copy of a transfer's end says of the file."""
    return sighting.event.file if isinstance(sighting.event, Sending) else None


def outcome_of(sightings: tuple[Sighting, ...]) -> object:
    """How the transfer ended: where one copy shows more than another, as that says."""
    outcomes = [file.get("outcome") for s in sightings if (file := file_of(s)) is not None]
    return next((outcome for outcome in ("complete", "cancelled") if outcome in outcomes), "cut")


def _put(record: CommunicationRecord, file: dict[str, object]) -> None:
    """The file, and what is missing of it."""
    record.file = file
    record.complete = file["complete"] is True
    record.missing_bytes = missing_of(file)


def missing_of(file: Mapping[str, object]) -> int:
    """Octets that never came, of those announced."""
    size = file["size"]
    if not isinstance(size, int) or "ranges" not in file:
        return 0
    ranges = cast(list[list[int]], file["ranges"])
    return max(0, size - sum(end - begin for begin, end in ranges))


def _put_outcome(record: CommunicationRecord, outcome: object) -> None:
    """Why there is no more of it, where it did not come to its end."""
    if outcome != "complete":
        record.details = {**(record.details or {}), "outcome": outcome}

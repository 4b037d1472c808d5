"""The vault: octets of transfers in, as they pass the tap on any connection; what came of each transfer out.

A transfer begins with its first octets and ends when somebody asks what came of it (:meth:`Vault.describe`): then
its file gets its final name. With a folder, whole contents are in ``SHA256`` and incomplete ones in
``SHA256.partial``, each octet at its offset; without one, there are hashes alone. Sealed, every file has a random
name and a key of its own, which its description alone says: who has the record has the content. What finds no room
is refused and counted; a disk that fails is told of once, and ends nothing.
"""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

from rcds_sniffer.events import FileOctets
from rcds_sniffer.files.copying import Layouts, copy
from rcds_sniffer.files.description import (
    NOTHING,
    description,
    description_of_nothing,
    layout_of,
    not_kept,
    partial_name,
    size_of,
)
from rcds_sniffer.files.folder import Folder, Incoming, sealed_name
from rcds_sniffer.files.gathering import Content, Gathering, TransferKey
from rcds_sniffer.files.limits import BLOCK, Counters, FileLimits

__all__ = ["TransferKey", "Vault", "description_of_nothing"]

log = logging.getLogger(__name__)


class Vault:
    """The contents of one run.

    Args:
        directory: where files are kept; None: nowhere, they are hashed.
        limits: how much of all this there may be.
        sealed: nothing of a content is ever on the disk in the clear.

    Raises:
        FilesError: the directory cannot be used. Later nothing raises.
    """

    def __init__(
        self, directory: Path | None = None, limits: FileLimits | None = None, *, sealed: bool = False
    ) -> None:
        self.counters = Counters()
        self._limits = limits or FileLimits()
        self._folder = None if directory is None else Folder(directory, self._limits.free, sealed=sealed)
        self._open: OrderedDict[TransferKey, Gathering] = OrderedDict()  # the one idle longest comes first
        self._cut: OrderedDict[TransferKey, Content] = OrderedDict()
        self._layouts = Layouts(self._limits.ranges_of_all)
        self._ranges = self._cut_ranges = self._ahead = self._stored = self._files = 0
        self._told = False

    def take(self, key: TransferKey, event: FileOctets) -> None:
        """Take in octets of a target's transfer. Of those that were there before, the first stand."""
        begin, octets = event.offset, event.octets
        room = self._limits.octets_of_one - begin
        if begin < 0 or room <= 0 or key in self._cut:
            self.counters.refused_octets += len(octets)
            return
        if len(octets) > room:
            self.counters.refused_octets += len(octets) - room
            octets = octets[:room]
        if not octets:
            return
        gathering = self._open.get(key)
        if gathering is None:
            gathering = self._begin(key)
        else:
            self._open.move_to_end(key)
        for first, last in gathering.ranges.missing(begin, begin + len(octets)):
            self._put(gathering, first, memoryview(octets)[first - begin : last - begin])

    def octets(self, key: TransferKey) -> int:
        """How many of its octets are there."""
        gathering = self._open.get(key)
        return gathering.ranges.octets if gathering is not None else self._cut.get(key, NOTHING).octets

    def describe(self, key: TransferKey, file: Mapping[str, object]) -> dict[str, object]:
        """The transfer has ended: what came of it, as a record's ``file`` says it.

        ``file`` is that of :class:`~rcds_sniffer.events.Sending`. What comes of it later begins a new one.
        """
        size = size_of(file)
        gathering = self._open.pop(key, None)
        if gathering is None and size == 0 and key not in self._cut:
            gathering = self._begin(key)
            del self._open[key]
        ended = file.get("outcome") == "complete"
        content = self._recall(key) if gathering is None else self._finish(gathering, size, ended)
        described = description(file, content, size, content.is_whole(size, ended))
        self._layouts.remember(described)
        return described

    def again(self, described: Mapping[str, object]) -> dict[str, object]:
        """The same for another order, which is not to know of the first one: where it is sealed, of a copy.

        The copy counts towards the limits. Where it finds no room, the description says so and has no path.
        """
        if self._folder is None or described.get("key") is None:
            return dict(described)
        file = self._layouts.complete(described)
        try:
            ranges = layout_of(file)
        except ValueError:
            return not_kept(file, "limit")
        octets = sum(end - begin for begin, end in ranges)
        cost = octets + BLOCK * len(ranges)
        refusal = self._refusal(cost)
        if refusal is not None:
            self.counters.unwritten_octets += octets
            return not_kept(file, refusal)
        try:
            path, key = copy(self._folder, str(file["path"]), file["key"], ranges, file["sha256"])
        except (OSError, ValueError) as error:
            self.counters.unwritten_octets += octets
            self._failed(error)
            return not_kept(file, "disk error")
        self._files += 1
        self._stored += cost
        return {**file, "path": path, "key": key}

    def forget(self, key: TransferKey) -> None:
        """Nobody wants to know what comes of it."""
        self._give_up(key)
        gathering = self._open.pop(key, None)
        if gathering is not None:
            self._drop(gathering)
            self._release(gathering)

    def close(self) -> None:
        """The run is over; what has not ended is given up. May be called again."""
        for key in [*self._open, *self._cut]:
            self.forget(key)
        if self._folder is not None:
            self._folder.close()

    # --- while it comes -----------------------------------------------------------------------------------------

    def _begin(self, key: TransferKey) -> Gathering:
        gathering = self._open[key] = self._new()
        if len(self._open) > self._limits.open_at_once:
            idlest, other = self._open.popitem(last=False)
            self.counters.cut += 1
            self._remember(idlest, self._finish(other, None, False))
        return gathering

    def _remember(self, key: TransferKey, content: Content) -> None:
        """It was cut; its end may yet be told."""
        self._cut[key] = content
        self._cut_ranges += len(content.ranges)
        limits = self._limits
        while len(self._cut) > limits.cut_remembered or self._cut_ranges > limits.ranges_of_all:
            self._give_up(next(iter(self._cut)))

    def _give_up(self, key: TransferKey) -> None:
        """If it was cut, nobody will be told of it: a file whose key nobody has is of no use."""
        content = self._recall(key)
        if self._folder is not None and content.path is not None and content.key is not None:
            self._folder.remove(content.path.rpartition("/")[2])

    def _recall(self, key: TransferKey) -> Content:
        content = self._cut.pop(key, NOTHING)
        self._cut_ranges -= len(content.ranges)
        return content

    def _new(self) -> Gathering:
        """With a file, where there is room for one."""
        if self._folder is None:
            return Gathering(None)
        refusal = self._refusal(1)
        if refusal is not None:
            return Gathering(None, refusal)
        try:
            gathering = Gathering(self._folder.begin())
        except OSError as error:
            self._failed(error)
            return Gathering(None, "disk error")
        self._files += 1
        return gathering

    def _refusal(self, cost: int) -> str | None:
        """Why there is no room for one more file that takes so many octets of the disk at first; None: there is."""
        if self._files >= self._limits.files or self._stored + cost > self._limits.octets_of_all:
            return "limit"
        if self._folder is not None and not self._folder.has_room(max(cost, BLOCK)):
            return "disk full"
        return None

    def _put(self, gathering: Gathering, begin: int, octets: memoryview) -> None:
        """Octets that are not there yet."""
        ranges, limits, end = gathering.ranges, self._limits, begin + len(octets)
        separate = not ranges.touches(begin, end)
        if separate and (len(ranges) >= limits.ranges or self._ranges >= limits.ranges_of_all):
            self.counters.refused_octets += len(octets)
            return
        incoming = gathering.incoming
        if incoming is not None and not self._write(gathering, incoming, begin, octets, BLOCK * separate):
            return
        self._ranges -= len(ranges)
        self._ahead -= gathering.ahead
        ranges.add(begin, end)
        self.counters.octets += len(octets)
        try:
            gathering.hash(begin, octets, min(limits.ahead_of_one, limits.ahead_of_all - self._ahead))
        except OSError as error:
            gathering.lose()
            gathering.not_kept = "disk error"
            self._failed(error)
        self._ranges += len(ranges)
        self._ahead += gathering.ahead

    def _write(self, gathering: Gathering, incoming: Incoming, begin: int, octets: memoryview, more: int) -> bool:
        """Put them on the disk, if there is room; they take ``more`` than they are."""
        cost = len(octets) + more
        if self._stored + cost > self._limits.octets_of_all:
            gathering.not_kept = "limit"
            self.counters.refused_octets += len(octets)
            return False
        if not incoming.folder.has_room(cost):
            gathering.not_kept = "disk full"
            self.counters.unwritten_octets += len(octets)
            return False
        try:
            incoming.write(begin, octets)
        except OSError as error:
            gathering.not_kept = "disk error"
            self.counters.unwritten_octets += len(octets)
            self._failed(error)
            return False
        self._stored += cost
        gathering.cost += cost
        return True

    # --- when it has ended --------------------------------------------------------------------------------------

    def _finish(self, gathering: Gathering, size: int | None, ended: bool) -> Content:
        """What came of it; its file gets its final name."""
        self._release(gathering)
        try:
            if size is not None:
                self.counters.refused_octets += gathering.clip(size)
            content = gathering.content()
            whole = content.is_whole(size, ended)
            if not whole and not content.octets:
                content = content._replace(sha256=None, sha1=None, mime=None)
            if gathering.incoming is None:
                self.counters.hashed += whole
                return content
            return self._keep(gathering, gathering.incoming, content, whole)
        except OSError as error:
            self._failed(error)
            self._drop(gathering)
            ranges = list(gathering.ranges)
            return Content(ranges, gathering.ranges.octets, not_kept="disk error")

    def _keep(self, gathering: Gathering, incoming: Incoming, content: Content, whole: bool) -> Content:
        """Give the file its name; raises OSError."""
        if content.sha256 is None:
            self._drop(gathering)
            return content
        name = content.sha256 if whole else partial_name(content.sha256, content.ranges)
        if incoming.key is not None:
            name = sealed_name()
        incoming.truncate(gathering.ranges.end)  # a write that failed may have left more
        if not incoming.finish(name):  # its equal was there already
            self._stored -= gathering.cost
            self._files -= 1
        self.counters.kept += whole
        self.counters.partial += not whole
        key = None if incoming.key is None else incoming.key.text
        return content._replace(path=f"{incoming.folder.path}/{name}", key=key)

    def _drop(self, gathering: Gathering) -> None:
        """Remove its file."""
        if gathering.incoming is not None:
            gathering.incoming.drop()
            self._stored -= gathering.cost
            self._files -= 1

    def _release(self, gathering: Gathering) -> None:
        """It takes no memory any longer."""
        self._ranges -= len(gathering.ranges)
        self._ahead -= gathering.ahead

    def _failed(self, error: OSError | ValueError) -> None:
        self.counters.failures += 1
        if not self._told and self._folder is not None:
            self._told = True
            reason = getattr(error, "strerror", None) or str(error)
            log.warning("%s: a file cannot be kept there: %s", self._folder.path, reason)

"""A sealed file once more, for another order: the same content under a name and a key of its own.

One transfer may be of two orders. Did both records say the same path, or the same key, each would tell of the other
order; and who destroyed one order's key would leave its content readable by the other. So every further order has a
copy, sealed anew: on the disk nothing tells that two files are the same but their size.
"""

from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from rcds_sniffer.files.cipher import FileKey
from rcds_sniffer.files.description import layout_of
from rcds_sniffer.files.folder import Folder, sealed_name
from rcds_sniffer.files.ranges import Range

SHORT: Final = 20
"""Ranges of a content that its description always keeps; of one with more they are remembered here."""


def copy(folder: Folder, path: str, key: object, ranges: list[Range], hashed: object) -> tuple[str, str]:
    """Copy the sealed file ``path``, which lies in ``folder``; gives the path and the key of the copy.

    Raises:
        OSError: the disk refuses, or the file is not what was written.
        ValueError: ``key`` is none.
    """
    there, digest = FileKey.of(key), sha256()
    incoming = folder.begin()
    try:
        for offset, octets in folder.read(path.rpartition("/")[2], there, ranges):
            digest.update(octets)
            incoming.write(offset, octets)
        if digest.hexdigest() != hashed:
            raise OSError("a sealed file was changed by somebody else")
        name = sealed_name()
        incoming.finish(name)
    except OSError:
        incoming.drop()
        raise
    return f"{folder.path}/{name}", incoming.key.text if incoming.key is not None else ""


class Layouts:
    """Which octets of sealed contents are there, of those with many holes: a record may have been shortened since.

    At most ``limit`` ranges in all, about 80 octets each; beyond, the first content's are forgotten, and it cannot
    be copied.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ranges: OrderedDict[object, list[Range]] = OrderedDict()
        self._held = 0

    def remember(self, described: Mapping[str, object]) -> None:
        """As it was described at first."""
        ranges = layout_of(described) if described.get("key") is not None else []
        if len(ranges) > SHORT:
            self._ranges[described["path"]] = ranges
            self._held += len(ranges)
        while self._held > self._limit:
            self._held -= len(self._ranges.popitem(last=False)[1])

    def complete(self, described: Mapping[str, object]) -> dict[str, object]:
        """The same with all its ranges, if they are known."""
        whole, ranges = dict(described), self._ranges.get(described.get("path"))
        if "ranges_more" in whole and ranges is not None:
            del whole["ranges_more"]
            whole["ranges"] = [list(pair) for pair in ranges]
        return whole

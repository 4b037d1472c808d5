"""What a record says of a file: what was announced, what came of it, where it is, and what opens it."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from rcds_sniffer.files.gathering import Content
from rcds_sniffer.files.ranges import Range

NOTHING: Final = Content([])


def description(file: Mapping[str, object], content: Content, size: int | None, whole: bool) -> dict[str, object]:
    """What a record says of a file: what was said of it, and what came of it."""
    announced = file.get("sha1")
    verified = None
    if whole and isinstance(announced, str) and content.sha1 is not None:
        verified = announced.lower() == content.sha1
    described: dict[str, object] = {
        "name": file.get("name"),
        "size": content.octets if whole and size is None else size,
        "sha256": content.sha256,
        "mime": content.mime,
        "path": content.path,
        "complete": whole and content.not_kept is None,
        "sha1": announced,
        "verified": verified,
    }
    if content.key is not None:
        described["key"] = content.key
    if not whole:
        described["ranges"] = [list(pair) for pair in content.ranges]
    if content.not_kept is not None:
        described["not_kept"] = content.not_kept
    return described


def description_of_nothing(file: Mapping[str, object]) -> dict[str, object]:
    """The same of a file of which nothing was taken in."""
    return description(file, NOTHING, size_of(file), False)


def not_kept(file: Mapping[str, object], why: str) -> dict[str, object]:
    """Of a copy that could not be made."""
    described = {**file, "path": None, "complete": False, "not_kept": why}
    del described["key"]
    return described


def size_of(file: Mapping[str, object]) -> int | None:
    """As it was announced."""
    size = file.get("size")
    return size if isinstance(size, int) and size >= 0 else None


def partial_name(hashed: str | None, ranges: list[Range]) -> str:
    """Of an incomplete content: by what is there, and where it has holes, by where these are."""
    if [begin for begin, _ in ranges] == [0]:
        return f"{hashed}.partial"
    layout = sha256(repr(ranges).encode()).hexdigest()[:8]
    return f"{hashed}-{layout}.partial"


def layout_of(described: Mapping[str, object]) -> list[Range]:
    """Which octets of a described content are there. Raises ValueError where it does not say so."""
    if "ranges" not in described:
        size = size_of(described)
        if size is None:
            raise ValueError("has no size")
        return [(0, size)]
    said = described["ranges"]
    if "ranges_more" in described or not isinstance(said, list):
        raise ValueError("does not say which octets are there")
    found: list[Range] = []
    for pair in said:
        begin, end = pair if isinstance(pair, list) and len(pair) == 2 else (None, None)
        if not (isinstance(begin, int) and isinstance(end, int) and (found[-1][1] if found else -1) < begin < end):
            raise ValueError("has ranges that are none")
        found.append((begin, end))
    return found

"""The XML that clients and servers write, read as far as it can be.

It is not always well-formed, and it comes from strangers: no entity is ever expanded but a character, nothing is
fetched, and whatever is broken costs the element that it breaks. Names are in lower case, since clients differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msnp.text import decode_entities

MAX_OCTETS = 256 * 1024
"""Octets that are read; what follows is left out. Real ones stay under 64 KiB."""
MAX_ELEMENTS = 16 * 1024
"""Elements that are read; what follows is left out."""
MAX_DEPTH = 32
"""Elements in each other; what lies deeper stands beside."""

_VALUE = r"\"[^\"<]{0,8192}\"|'[^'<]{0,8192}'"
_TAG = re.compile(
    rf"<(?:(?P<end>/)?(?P<name>[A-Za-z_][\w:.-]{{0,63}})(?P<attributes>(?:\s{{1,16}}[\w:.-]{{1,64}}\s?=\s?(?:{_VALUE})){{0,64}})"
    r"\s{0,16}(?P<empty>/)?>|[!?][^>]{0,1024}>)"
)
_ATTRIBUTE = re.compile(rf"([\w:.-]{{1,64}})\s?=\s?({_VALUE})")


class Element:
    """One element, or (with an empty name) all that was read."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        """By lower-case name, decoded."""
        self.children: list[Element] = []
        self.text = ""
        """Its own, decoded; that of its children is theirs."""

    def walk(self) -> Iterator[Element]:
        """All elements in it, in their order."""
        stack = self.children[::-1]
        while stack:
            element = stack.pop()
            yield element
            stack += element.children[::-1]

    def every(self, name: str) -> list[Element]:
        """The elements of that name in it, however deep."""
        return [element for element in self.walk() if element.name == name]

    def first(self, name: str) -> Element | None:
        """The first of them."""
        return next((element for element in self.walk() if element.name == name), None)

    def value(self, name: str) -> str | None:
        """The text of the first of them; None where there is none, or it is empty."""
        found = self.first(name)
        return found.text.strip() or None if found is not None else None


def parse_markup(octets: bytes) -> Element:
    """Everything that is an element; never raises."""
    text = octets[:MAX_OCTETS].decode("utf-8", "replace")
    root = Element("", {})
    open_elements = [root]
    at = elements = 0
    for tag in _TAG.finditer(text):
        open_elements[-1].text += decode_entities(text[at : tag.start()])
        at = tag.end()
        if tag["name"] is None:
            continue
        name = tag["name"].lower()
        if tag["end"]:
            _close(open_elements, name)
            continue
        elements += 1
        if elements > MAX_ELEMENTS:
            break
        found = _ATTRIBUTE.findall(tag["attributes"])
        element = Element(name, {key.lower(): decode_entities(value[1:-1]) for key, value in found})
        open_elements[-1].children.append(element)
        if not tag["empty"] and len(open_elements) < MAX_DEPTH:
            open_elements.append(element)
    else:
        open_elements[-1].text += decode_entities(text[at:])
    return root


def _close(open_elements: list[Element], name: str) -> None:
    """Close the innermost element of that name, and those in it; an end of what is not open means nothing."""
    for depth in range(len(open_elements) - 1, 0, -1):
        if open_elements[depth].name == name:
            del open_elements[depth:]
            return

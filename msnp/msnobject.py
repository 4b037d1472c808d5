"""MSNObjects (reference 6.4)."""

from msnp.markup import parse_markup

_NUMBERS = {"size", "type"}


def parse_msnobject(text: str) -> dict[str, object] | None:
    """Stand-in until the module of that name is there."""
    found = parse_markup(text.encode("utf-8", "replace")).first("msnobj")
    if found is None:
        return None
    return {
        name: int(value) if name in _NUMBERS and value.isdigit() and value.isascii() and len(value) < 19 else value
        for name, value in found.attributes.items()
    }

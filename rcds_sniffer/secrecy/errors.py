"""One error family: what is wrong with a key, or with what is sealed, in one line."""


class SecrecyError(Exception):
    """It cannot be opened, or is not kept as it has to be; the message says why and what mends it."""

"""One error family: what keeps sensor and storekeeper from working together."""


class StorekeeperError(Exception):
    """The storekeeper refuses, failed or is gone; the message is one line for the user."""

"""Python's garbage collector while packets are read.

The program's own objects go when their last reference goes; the collector finds only what refers to itself, which
here is next to nothing. By default it looks after every 700 objects that stay, and each time that it looks at the
older ones too it passes over everything that is remembered of the open connections.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 10_000
"""Objects more than there were, after which the collector looks for garbage; 700 is Python's default. What it finds
so much later is some MiB at most."""


@contextmanager
def few_collections() -> Iterator[None]:
    """The collector looks less often, and not at what is there by now; afterwards all is as it was."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

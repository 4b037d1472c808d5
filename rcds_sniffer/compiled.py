"""Whether the modules of the hot path run compiled, as a wheel brings them, or as the Python that they are.

Nobody sees the difference but in the speed. So a program that was installed where no compiler was found says once
what it lacks; whoever works on the sources, in an editable install, runs them as they are on purpose.
"""

import logging
from importlib.machinery import ExtensionFileLoader
from importlib.util import find_spec
from pathlib import Path

HOT = ("reassembly.native", "msnp.framing")
"""One of each package that decodes: setup.py compiles all of its `COMPILED`, or without a compiler none."""

log = logging.getLogger(__name__)


def compiled() -> bool:
    """Does the hot path run compiled? It is looked for, not imported."""
    specs = map(find_spec, HOT)
    return all(spec is not None and isinstance(spec.loader, ExtensionFileLoader) for spec in specs)


def among_sources() -> bool:
    """Does the program run from the tree that somebody works on, as an editable install does?"""
    return (Path(__file__).parents[1] / "setup.py").exists()


def tell_if_slow() -> None:
    """One line for the log if packets are decoded by uncompiled modules."""
    if not compiled():
        level = logging.INFO if among_sources() else logging.WARNING
        remedy = "install it anew where there is a C compiler (gcc, python3-dev)"
        log.log(level, "the program is not compiled, and several times slower for it: %s", remedy)

"""What would be imported later, imported now: no file can be opened any more then.

Takes names of packages; imports every module of theirs, every codec of Python, and what Python itself fetches when
it needs it. Afterwards an import says that it comes too late, rather than look for a file in vain.
"""

import encodings
import importlib
import logging
import pkgutil
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final


def _words(text: str) -> list[str]:
    return text.split()


OURS: Final = ("capture", "reassembly", "msnp", "rcds_sniffer")

_NOT_FOR_A_SENSOR: Final = frozenset(
    f"rcds_sniffer.{name}"
    for name in _words("""
    doctor profile register store storekeeper.keeping storekeeper.serving
    cli.asking cli.audit cli.completion cli.count cli.doctor cli.extract cli.keys cli.orders cli.profile cli.records
    cli.replay cli.roles cli.sealed_records cli.showing files.extracting
""")
)
"""The database, what else asks it, and other commands: too much for a process that must not reach any of it."""
_ALWAYS: Final = ("dpkt", "filetype", "httptools", "zstandard")
_IF_IN_USE: Final = ("click", "prometheus_client", "rich", "wsgiref")
"""Packages that import modules of their own as they go."""
_PYTHONS: Final = _words("""
    _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _multibytecodec _strptime _pydatetime
    bz2 concurrent.futures.thread ctypes decimal difflib fractions gzip heapq html.entities io json
    linecache locale lzma pickle pprint queue quopri random select signal socket statistics string stringprep struct
    textwrap threading token tokenize traceback unicodedata uuid warnings zlib
""")

_log = logging.getLogger(__name__)


def preload(packages: Sequence[str] = OURS) -> None:
    """Import all of it; what cannot be imported now could not be later either, and is left out."""
    for name in _PYTHONS:
        _import(name)
    for name in packages:
        _import_all(name)
    for name in (*_ALWAYS, *(name for name in _IF_IN_USE if name in sys.modules)):
        _import_all(name)
    for found in pkgutil.iter_modules(encodings.__path__):
        _import(f"encodings.{found.name}")
    time.tzset()
    time.localtime()  # reads the time zone


def close_imports() -> None:
    """From now on a module that is not there is said to come too late."""
    sys.meta_path[:] = [_Closed()]
    sys.path_hooks.clear()
    sys.path_importer_cache.clear()


class _Closed:
    """The only finder that is left."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target
        raise ModuleNotFoundError(f"{name}: cannot be imported in the sandbox", name=name)


def _import_all(name: str) -> None:
    module = _import(name)
    for found in _modules(module):
        _import(found)


def _modules(module: ModuleType | None) -> Iterator[str]:
    """Names below a package, without those of other trades and those that run something."""
    for found in pkgutil.iter_modules(getattr(module, "__path__", ()), f"{getattr(module, '__name__', '')}."):
        if found.name in _NOT_FOR_A_SENSOR or found.name.endswith(".__main__"):
            continue
        yield found.name
        if found.ispkg:
            yield from _modules(_import(found.name))


def _import(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except Exception as error:  # optional, or of another system; whatever it raises, it is no use
        _log.debug("%s is not there: %s", name, error)
        return None

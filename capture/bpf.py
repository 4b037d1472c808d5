"""BPF: compile a filter expression for a link type, and run it on a frame.

Takes tcpdump's expression language and LINKTYPE_ numbers; gives a :class:`Program` whose ``accepts`` says whether
a frame passes. It calls libpcap by ctypes, so that it needs no compiled module; pypcap has a quicker call but
says only "bad filter", so every filter is compiled here first and the user reads libpcap's own reason.
"""

import ctypes
import threading
import weakref
from collections.abc import Callable
from functools import cache
from typing import Final

from capture.errors import BadFilter, Unsupported
from capture.source import FilterFor

MAXIMUM_SNAPLEN: Final = 262_144
"""libpcap's: no link has larger frames, segmentation offload included."""

_NETMASK_UNKNOWN: Final = 0xFFFFFFFF  # pcap.h: "ip broadcast" is then refused, with a reason
_LIBRARIES: Final = ("libpcap.so.0.8", "libpcap.so.1", "libpcap.dylib")

# libpcap compiles for DLT_ numbers, files hold LINKTYPE_ numbers; these are the ones that differ on Linux
# (pcap-common.c). All others are the same number.
_DLT_OF_LINKTYPE: Final = {100: 11, 101: 12, 102: 15, 103: 16, 106: 19}
_LINKTYPE_OF_DLT: Final = {dlt: link_type for link_type, dlt in _DLT_OF_LINKTYPE.items()}

_compiling = threading.Lock()  # pcap_compile was not reentrant before libpcap 1.8


class _Instructions(ctypes.Structure):
    """struct bpf_program."""

    _fields_ = (("bf_len", ctypes.c_uint), ("bf_insns", ctypes.c_void_p))


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _found() -> str | None:
    from ctypes.util import find_library  # noqa: PLC0415 - nearly nobody needs it, and it imports subprocess

    return find_library("pcap")


@cache
def _libpcap() -> ctypes.CDLL:
    name = next(filter(_loads, _LIBRARIES), None) or _found()
    if name is None:
        raise Unsupported("libpcap is not on this machine, and filters need it: install it (Debian: libpcap0.8)")
    library = ctypes.CDLL(name)
    library.pcap_open_dead.argtypes = (ctypes.c_int, ctypes.c_int)
    library.pcap_open_dead.restype = ctypes.c_void_p
    library.pcap_compile.argtypes = (
        ctypes.c_void_p,
        ctypes.POINTER(_Instructions),
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_uint32,
    )
    library.pcap_geterr.argtypes = (ctypes.c_void_p,)
    library.pcap_geterr.restype = ctypes.c_char_p
    library.pcap_freecode.argtypes = (ctypes.POINTER(_Instructions),)
    library.pcap_freecode.restype = None
    library.pcap_close.argtypes = (ctypes.c_void_p,)
    library.pcap_close.restype = None
    return library


@cache
def _bpf_filter() -> Callable[[ctypes.c_void_p, bytes, int, int], int]:
    """libpcap's bpf_filter(program, frame, wire length, captured length): 0 refuses.

    Called without letting go of the interpreter lock and without declared types, it costs 0.7 instead of 1.8 µs.
    """
    run: Callable[[ctypes.c_void_p, bytes, int, int], int] = ctypes.PyDLL(_libpcap()._name).bpf_filter
    return run


def dlt_of(link_type: int) -> int:
    """The DLT_ number that libpcap wants for a LINKTYPE_ number."""
    return _DLT_OF_LINKTYPE.get(link_type, link_type)


def link_type_of(dlt: int) -> int:
    """The LINKTYPE_ number for the DLT_ number of an interface."""
    return _LINKTYPE_OF_DLT.get(dlt, dlt)


class Program:
    """A compiled filter for one link type.

    Raises:
        BadFilter: libpcap does not accept the expression for this link type.
        Unsupported: there is no libpcap.
    """

    __slots__ = ("__weakref__", "_address", "_instructions", "_run", "expression", "link_type")

    def __init__(self, expression: str, link_type: int) -> None:
        self.expression = expression
        self.link_type = link_type
        if "\0" in expression:  # C would compile what stands before it
            raise BadFilter(f"the filter {expression!r} holds a NUL character: take it out")
        library = _libpcap()
        self._instructions = _Instructions()
        handle = library.pcap_open_dead(dlt_of(link_type), MAXIMUM_SNAPLEN)
        if not handle:
            raise MemoryError("pcap_open_dead")
        try:
            with _compiling:
                octets = expression.encode("utf-8", "surrogateescape")
                target = ctypes.byref(self._instructions)
                failed = library.pcap_compile(handle, target, octets, 1, _NETMASK_UNKNOWN)
                reason = library.pcap_geterr(handle).decode("utf-8", "replace") if failed else ""
        finally:
            library.pcap_close(handle)
        if failed:
            raise BadFilter(
                f"libpcap does not accept the filter {expression!r} for link type {link_type}: {reason}"
                " (the language is that of the manual page pcap-filter)"
            )
        weakref.finalize(self, library.pcap_freecode, self._instructions)
        self._address = ctypes.c_void_p(self._instructions.bf_insns)
        self._run = _bpf_filter()

    def __len__(self) -> int:
        """Instructions."""
        return int(self._instructions.bf_len)

    @property
    def address(self) -> int:
        """Of the instructions in memory, for libpcap's own calls; they stay there as long as this object."""
        return self._address.value or 0

    def accepts(self, octets: bytes, wire_length: int | None = None) -> bool:
        """Whether the frame passes; ``wire_length`` in octets matters to ``greater`` and ``less`` only."""
        captured = len(octets)
        return bool(self._run(self._address, octets, captured if wire_length is None else wire_length, captured))


class FilterBank:
    """One filter, compiled for each link type when it is first met."""

    def __init__(self, filter_for: FilterFor) -> None:
        self._filter_for = filter_for
        self._programs: dict[int, Program | None] = {}

    def check(self, link_types: tuple[int, ...]) -> None:
        """Compile for these link types.

        Raises:
            BadFilter: it compiles for none of them. One that compiles for some is good: a capture that also holds
                USB frames should not fail for it.
        """
        errors = []
        for link_type in link_types:
            try:
                self._programs[link_type] = Program(self._filter_for(link_type), link_type)
            except BadFilter as error:
                self._programs[link_type] = None
                errors.append(error)
        if errors and len(errors) == len(link_types):
            raise errors[0]

    def program(self, link_type: int) -> Program | None:
        """The compiled filter; None where it does not compile for this link type, so that nothing passes."""
        if link_type not in self._programs:
            try:
                self._programs[link_type] = Program(self._filter_for(link_type), link_type)
            except BadFilter:
                self._programs[link_type] = None
        return self._programs[link_type]

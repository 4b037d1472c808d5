# cython: language_level=3, boundscheck=False, wraparound=False
"""libpcap itself: a network interface, or a capture file that libpcap reads.

Takes the name of an interface or a file; gives blocks of packets, never waiting for one, with the interpreter's lock
released while libpcap is at work. To wait for packets, poll the ``descriptor``. Immediate mode is never asked for:
it makes the kernel's buffer some 200 times smaller (each packet then takes a slot of the largest one's size).
"""

from posix.stdio cimport fileno

from capture.block cimport Block, Entry, Memory, Shelf
from capture.gather cimport Gather, gather
from capture.pcap_h cimport *

from capture.bpf import MAXIMUM_SNAPLEN, link_type_of
from capture.formats import LATEST
from capture.source import BATCH_OCTETS, BATCH_PACKETS, REFUSED_SAMPLE_OCTETS


cdef enum:
    ROUND = 50  # packets that libpcap hands over before the block's octets are looked at

cdef size_t _most_captured = MAXIMUM_SNAPLEN
cdef long long _latest = LATEST


cdef struct Dispatched:
    Gather found
    void *memory  # the block's Memory
    int ticks  # nanoseconds of the unit of a time's fraction
    bint mends  # of a file: times are mended
    long long last  # nanoseconds
    bint exhausted  # the machine's memory


cdef long long mended(long long seconds, long long time, long long last) noexcept nogil:
    """The time of a packet in a file, as ``savefile`` tells it: within what fits, and never missing."""
    if seconds >= _latest // 1_000_000_000:
        return _latest
    if seconds < 0:
        return 0
    return time if time else last  # pcapng's simple packet block has none


cdef void on_packet(u_char *user, const pcap_pkthdr *header, const u_char *octets) noexcept nogil:
    """libpcap's callback: it cannot refuse a packet, so the memory grows with what comes."""
    cdef Dispatched *into = <Dispatched *> user
    cdef Gather *found = &into.found
    cdef Entry *entry
    if found.size - found.used < header.caplen and not grow(into, found.used + header.caplen + _most_captured):
        into.exhausted = True
        found.number += 1
        return
    cdef long long number = found.number
    cdef long long time = <long long> header.ts.tv_sec * 1_000_000_000 + header.ts.tv_usec * into.ticks
    if into.mends:
        time = mended(header.ts.tv_sec, time, into.last)
    into.last = time
    entry = gather(found, octets, header.caplen, header.len)
    if entry != NULL:
        entry.time = time
    elif found.number == number:  # the sample is full
        found.sample_room = 0
        found.number += 1


cdef bint grow(Dispatched *into, size_t size) noexcept nogil:
    cdef bint grown
    with gil:
        memory = <Memory> into.memory
        grown = (<Memory> memory).grow(size, into.found.entries, into.found.count)
        into.found.memory, into.found.size = (<Memory> memory).octets, (<Memory> memory).size
    return grown


cdef class Handle:
    """An interface or a file, opened by `open_interface` or `open_file`."""

    cdef readonly int link_type
    """LINKTYPE_ number."""
    cdef readonly int tick
    """Nanoseconds between two stamps."""
    cdef readonly int received
    """Packets that the last `read` got from libpcap, refused ones included."""
    cdef readonly bint exhausted
    """The last `read` got all that there is by now."""
    cdef readonly object failure
    """Why there is nothing more to be read, in libpcap's words; None while there is, and at the end of a file."""
    cdef readonly list refused
    """What the last `read` refused, as far as it was asked for."""
    cdef str _name
    cdef pcap_t *_handle
    cdef Dispatched _into
    cdef object _program
    cdef Shelf _shelf

    def __init__(self):
        raise TypeError("open_interface and open_file make handles")

    def __dealloc__(self):
        self.close()

    @property
    def descriptor(self):
        """To poll for packets; of a file, its own."""
        self._check()
        cdef FILE *file = pcap_file(self._handle)  # of a file pcap_fileno tells -1 (libpcap 1.10)
        return pcap_fileno(self._handle) if file is NULL else fileno(file)

    def set_filter(self, program not None):
        """Have the kernel, or behind its buffer libpcap, hand over only what a `capture.bpf.Program` accepts.

        It is compiled anew: for an interface, ``vlan`` also means the tags that the kernel has taken off.

        Raises:
            OSError: with libpcap's reason.
        """
        self._check()
        cdef bpf_program instructions
        expression = program.expression.encode("utf-8", "surrogateescape")
        if pcap_compile(self._handle, &instructions, expression, 1, PCAP_NETMASK_UNKNOWN) < 0:
            raise OSError(self._reason())
        cdef int status = pcap_setfilter(self._handle, &instructions)
        pcap_freecode(&instructions)
        if status < 0:
            raise OSError(self._reason())

    def sift(self, program):
        """Have `read` refuse what a `capture.bpf.Program` does not accept, and number it; None accepts all."""
        self._program = program
        self._into.found.program = NULL if program is None else <const bpf_insn *> <size_t> program.address

    def read(self, int limit, long long number, Py_ssize_t sample=0):
        """At most ``limit`` packets, as a block; fewer if they are long.

        Args:
            limit: packets that libpcap hands over, refused ones included.
            number: of packets before.
            sample: refused packets that are wanted, shortened; they are in ``refused`` then.
        """
        self._check()
        cdef Gather *found = &self._into.found
        cdef Memory memory = self._shelf.take()
        cdef Block block = Block.new(limit, self.link_type, self._name, memory)
        cdef Block refused = None
        found.number, found.count, found.used, found.sampled = number, 0, 0, 0
        found.entries, found.room, found.memory, found.size = block.entries, block.room, memory.octets, memory.size
        found.sample_room = min(sample, limit)
        found.sample_octets = REFUSED_SAMPLE_OCTETS
        if found.sample_room:
            sample_memory = Memory.new(found.sample_room * found.sample_octets)
            refused = Block.new(found.sample_room, self.link_type, self._name, sample_memory)
            found.sample, found.sample_memory = refused.entries, (<Memory> sample_memory).octets
        self._into.memory = <void *> memory
        self._dispatch(limit)
        if self._into.exhausted:
            raise MemoryError
        self.received = found.number - number
        block.count = found.count
        self.refused = []
        if refused is not None:
            refused.count = found.sampled
            self.refused = list(refused)
        return block

    cdef int _dispatch(self, int limit) except -1:
        cdef Gather *found = &self._into.found
        cdef long long last = found.number + limit
        cdef size_t most = BATCH_OCTETS
        cdef int asked, got
        with nogil:
            while True:
                asked = min(<long long> ROUND, last - found.number)
                got = pcap_dispatch(self._handle, asked, on_packet, <u_char *> &self._into)
                if got < asked or found.number == last or found.used >= most:
                    break
        self.exhausted = got < asked
        if got < 0 or (self._into.mends and self.exhausted and self._reason()):  # a cut file may end like a whole one
            self.failure = self._reason()
        return 0

    def stats(self):
        """Packets received, dropped by the kernel, dropped by the interface, since it was opened; with 32 bits.

        Raises:
            OSError: with libpcap's reason.
        """
        self._check()
        cdef pcap_stat counters
        if pcap_stats(self._handle, &counters) < 0:
            raise OSError(self._reason())
        return counters.ps_recv, counters.ps_drop, counters.ps_ifdrop

    def close(self):
        """Give back descriptor and buffer. May be called again; nothing else may."""
        if self._handle != NULL:
            pcap_close(self._handle)
        self._handle = NULL

    cdef int _check(self) except -1:
        if self._handle == NULL:
            raise ValueError("the handle is closed")
        return 0

    cdef str _reason(self):
        return pcap_geterr(self._handle).decode("utf-8", "replace")

    cdef int _begin(self) except -1:
        """What is the same for interfaces and files, now that the handle is active."""
        self.link_type = link_type_of(pcap_datalink(self._handle))
        self.tick = 1 if pcap_get_tstamp_precision(self._handle) == PCAP_TSTAMP_PRECISION_NANO else 1000
        self._into.ticks = self.tick
        self._shelf = Shelf(BATCH_OCTETS)
        return 0


cdef Handle _new(str name, pcap_t *handle):
    cdef Handle made = Handle.__new__(Handle)
    made._name = name
    made._handle = handle
    made.refused = []
    return made


def open_interface(str name not None, int snaplen, bint promiscuous, int milliseconds, int buffer_octets):
    """A handle of the interface, which never waits.

    Args:
        name: of the interface, or ``any``.
        snaplen: octets that are kept of a packet.
        promiscuous: hear what is addressed to others.
        milliseconds: after which the kernel hands over what it has.
        buffer_octets: of the kernel's buffer.

    Raises:
        OSError: with libpcap's reason.
    """
    cdef char reason[PCAP_ERRBUF_SIZE]
    cdef pcap_t *handle = pcap_create(name.encode("utf-8", "surrogateescape"), reason)
    if handle == NULL:
        raise OSError(reason.decode("utf-8", "replace"))
    cdef Handle made = _new(name, handle)
    pcap_set_snaplen(handle, snaplen)
    pcap_set_promisc(handle, promiscuous)
    pcap_set_timeout(handle, milliseconds)
    pcap_set_buffer_size(handle, buffer_octets)
    pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
    cdef int status
    with nogil:
        status = pcap_activate(handle)
    if status < 0:
        told = made._reason()
        what = pcap_statustostr(status).decode("utf-8", "replace")
        raise OSError(told if status == PCAP_ERROR or not told else f"{what}: {told}")
    if pcap_setnonblock(handle, 1, reason) < 0:
        raise OSError(reason.decode("utf-8", "replace"))
    made._begin()
    return made


def open_file(str name not None, str path not None, int link_type):
    """A handle of a capture file.

    Args:
        name: for the packets.
        path: of the file.
        link_type: for the packets; a LINKTYPE_ number.

    Raises:
        OSError: with libpcap's reason.
    """
    cdef char reason[PCAP_ERRBUF_SIZE]
    cdef pcap_t *handle = pcap_open_offline_with_tstamp_precision(
        path.encode("utf-8", "surrogateescape"), PCAP_TSTAMP_PRECISION_NANO, reason
    )
    if handle == NULL:
        raise OSError(reason.decode("utf-8", "replace"))
    cdef Handle made = _new(name, handle)
    made._begin()
    made.link_type = link_type
    made._into.mends = True
    return made

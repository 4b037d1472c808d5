# cython: language_level=3, boundscheck=False, wraparound=False
"""The records of a classic pcap file, found in memory and put to the filter where they lie.

Takes the descriptor of a regular file whose header is known, and a compiled filter; gives blocks of the packets
that it accepts. A packet that it refuses costs its record header and the octets that the filter asks for, and is
counted and numbered; nothing of it is copied. What is accepted is copied into the block.

The file is mapped, a window at a time, so that a file of any length needs no more address space than a window and
no memory of ours. Others may shorten the file meanwhile, or the disk may fail: then the mapped octets cannot be
read, the records of this round are forgotten, and the file is read on with pread, which says how much there is
(capture/sigbus.pxd). Where the file has no mapping, it is read so from the beginning. Both see what was written to
the file after it was opened, to where it ends when they come there.

Why mapped: of a file with 1 % of accepted packets it costs two thirds of what pread does into a buffer that stays in
the cache; of one whose packets are all accepted the two cost the same.
"""

import os
import sys

from libc.errno cimport errno
from libc.string cimport memcpy
from posix.mman cimport MADV_SEQUENTIAL, MAP_FAILED, MAP_SHARED, PROT_READ, madvise, mmap, munmap
from posix.stat cimport fstat, struct_stat
from posix.unistd cimport pread

from capture.block cimport Block, Entry, Memory, Shelf
from capture.gather cimport Gather, gather
from capture.pcap_h cimport bpf_insn
from capture.sigbus cimport guarded, unwatch, watch

from capture.bpf import MAXIMUM_SNAPLEN
from capture.source import BATCH_OCTETS, BATCH_PACKETS, REFUSED_SAMPLE_OCTETS


cdef extern from * nogil:
    """
    #include <pcap/pcap.h>
    static const struct bpf_insn refuse_all = {6, 0, 0, 0};  /* BPF_RET, 0 octets */
    """
    const bpf_insn refuse_all
    unsigned int bswap "__builtin_bswap32"(unsigned int value)
    void prefetch "__builtin_prefetch"(const void *address)


cdef enum Halt:
    SHORT  # the window ends within a record, or in front of one
    FULL  # nothing more goes into the block, or into the sample
    DAMAGED  # a length that no packet has

cdef enum:
    ALIGNMENT = 65536  # of a mapping's place in the file; the largest page that a machine of ours has
    WINDOW = 16 << 20  # octets mapped at once
    BUFFER = 1 << 20  # octets read at once where nothing is mapped; a record has at most 262,168

cdef size_t _most_captured = MAXIMUM_SNAPLEN
cdef Py_ssize_t _most_accepted = BATCH_PACKETS
cdef size_t _sample_octets = REFUSED_SAMPLE_OCTETS


cdef struct Scan:
    # One walk over a window: where …
    const unsigned char *octets
    size_t at
    size_t end
    # … how …
    bint swapped  # the octets of each number, against this machine's order
    bint lengths_may_be_swapped
    unsigned int head  # octets of a record's header
    long long tick  # nanoseconds
    # … and what came of it.
    Gather found
    Halt halt
    unsigned int captured  # of the record that is damaged


cdef void scan(void *given) noexcept nogil:
    """Walk on until the window ends or the block is full; only what is whole in the window is taken."""
    cdef Scan *s = <Scan *> given
    cdef unsigned int record[4]  # seconds, fraction, octets captured, octets on the line
    cdef Entry *entry
    cdef unsigned int captured, wire
    cdef long long number
    cdef size_t behind
    while True:
        s.halt = SHORT
        if s.end - s.at < s.head:
            return
        memcpy(record, s.octets + s.at, 16)
        if s.swapped:
            record = [bswap(record[0]), bswap(record[1]), bswap(record[2]), bswap(record[3])]
        captured, wire = record[2], record[3]
        if captured > wire and s.lengths_may_be_swapped:
            captured, wire = wire, captured
        if captured > _most_captured:
            s.halt, s.captured = DAMAGED, captured
            return
        behind = s.at + s.head + captured
        if behind > s.end:
            return
        if s.end - behind >= 128:  # fetched while the filter looks at this one
            prefetch(s.octets + behind)
            prefetch(s.octets + behind + 64)
        number = s.found.number
        entry = gather(&s.found, s.octets + s.at + s.head, captured, wire)
        if entry != NULL:
            entry.time = <long long> record[0] * 1_000_000_000 + record[1] * s.tick
        elif number == s.found.number:
            s.halt = FULL
            return
        s.at = behind


cdef class PcapRecords:
    """Reads one file from ``offset`` on.

    Args:
        descriptor: of the file; it stays the caller's, and its position is not used.
        name: for the packets.
        offset: octets from the beginning of the file to the first record.
        byte_order: ``<`` or ``>``.
        tick: nanoseconds of the fraction's unit.
        head: octets of a record's header.
        lengths_may_be_swapped: as in the first versions of the format.
        link_type: LINKTYPE_ number.
    """

    cdef readonly long long offset
    """Octets from the beginning of the file to the next record."""
    cdef readonly long long number
    """Packets so far."""
    cdef readonly object ending
    """None while there is more; then ``whole``, ``cut``, or ``damaged``."""
    cdef readonly unsigned int captured
    """The damaged record's octets, as it says."""
    cdef readonly list refused
    """What the last round refused, as far as it was asked for."""
    cdef Scan _scan
    cdef int _descriptor
    cdef int _link_type
    cdef str _name
    cdef object _program
    cdef Shelf _shelf
    cdef bint _maps
    cdef unsigned char *_window
    cdef size_t _mapped
    cdef long long _base
    cdef Memory _buffer

    def __cinit__(self, int descriptor, str name not None, *, long long offset, str byte_order not None, int tick,
                  int head, bint lengths_may_be_swapped, int link_type):
        self._descriptor = descriptor
        self._name = name
        self._link_type = link_type
        self.offset = offset
        self._scan.swapped = (byte_order == "<") != (sys.byteorder == "little")
        self._scan.lengths_may_be_swapped = lengths_may_be_swapped
        self._scan.head = head
        self._scan.tick = tick
        self._shelf = Shelf(BATCH_OCTETS)
        self._maps = True
        self.refused = []

    def __dealloc__(self):
        self._close_window()

    def close(self):
        """Give back the window; nothing is read any more."""
        self._close_window()
        self._buffer = None
        if self.ending is None:
            self.ending = "closed"

    def use_filter(self, program):
        """From the next packet on: a `capture.bpf.Program`, None to accept all, False to refuse all."""
        self._program = program  # keeps the instructions
        if program is None:
            self._scan.found.program = NULL
        elif program is False:
            self._scan.found.program = &refuse_all
        else:
            self._scan.found.program = <const bpf_insn *> <size_t> program.address

    def read(self, Py_ssize_t sample=0):
        """The next block; an empty one where a whole window was refused; None at the end.

        Args:
            sample: refused packets that are wanted, shortened; they are in ``refused`` then.

        Raises:
            OSError: the system cannot read on.
        """
        self.refused = []
        if self.ending is not None:
            return None
        cdef Memory memory = self._shelf.take()
        cdef Block block = Block.new(_most_accepted, self._link_type, self._name, memory)
        cdef Block refused = None
        cdef Gather *found = &self._scan.found
        found.entries, found.room, found.memory, found.size = block.entries, block.room, memory.octets, memory.size
        found.sample_room = min(sample, _most_accepted)
        if found.sample_room:
            refused = self._make_sample()
        while not self._walk():
            self._maps = False  # what was there is gone: look again, with pread
        block.count = found.count
        if refused is not None:
            refused.count = found.sampled
            self.refused = list(refused)
        if block.count == 0 and self.ending is not None and not self.refused:
            return None
        return block

    cdef Block _make_sample(self):
        cdef Gather *found = &self._scan.found
        cdef Memory memory = Memory.new(found.sample_room * _sample_octets)
        cdef Block refused = Block.new(found.sample_room, self._link_type, self._name, memory)
        found.sample, found.sample_memory, found.sample_octets = refused.entries, memory.octets, _sample_octets
        return refused

    cdef bint _walk(self) except -1:
        """One scan, and what follows from how it ended; False if the mapping failed, and nothing was taken."""
        cdef bint done = True
        cdef bint fresh = self._window == NULL
        if fresh:
            self._open_window()
        self._scan.found.number = self.number
        self._scan.found.count = self._scan.found.sampled = 0
        self._scan.found.used = 0
        self._scan.at = self.offset - self._base
        if self._mapped:
            watch()
            with nogil:
                done = guarded(scan, &self._scan)
            unwatch()
        else:
            with nogil:
                scan(&self._scan)
        if not done:
            self._close_window()
            return False
        cdef bint moved = self._scan.found.number > self.number
        self.number = self._scan.found.number
        self.offset = self._base + self._scan.at
        if self._scan.halt == DAMAGED:
            self.captured = self._scan.captured
            self.ending = "damaged"
        elif self._scan.halt == SHORT:
            if fresh and not moved:  # a window has room for any record: so the file ends here
                self.ending = "cut" if self._scan.end > self._scan.at or self._is_shortened() else "whole"
            self._close_window()
        return True

    cdef bint _is_shortened(self) noexcept:
        """Whether the file ends before what was read of it."""
        cdef struct_stat status
        return fstat(self._descriptor, &status) == 0 and status.st_size < self.offset

    cdef int _open_window(self) except -1:
        """Have octets from ``offset`` on, as many as there are or go into a window."""
        cdef struct_stat status
        cdef size_t length
        cdef void *place
        if self._maps and fstat(self._descriptor, &status) == 0 and status.st_size > self.offset:
            self._base = self.offset // ALIGNMENT * ALIGNMENT
            length = min(<long long> WINDOW, status.st_size - self._base)
            place = mmap(NULL, length, PROT_READ, MAP_SHARED, self._descriptor, self._base)
            if place != MAP_FAILED:
                madvise(place, length, MADV_SEQUENTIAL)
                self._window, self._mapped = <unsigned char *> place, length
                self._scan.octets, self._scan.end = self._window, length
                return 0
        self._maps = False
        return self._fill_buffer()

    cdef int _fill_buffer(self) except -1:
        cdef Py_ssize_t got
        cdef size_t have = 0
        cdef int error = 0
        if self._buffer is None:
            self._buffer = Memory.new(BUFFER)
        self._base = self.offset
        self._window = self._buffer.octets
        while have < BUFFER:
            with nogil:
                got = pread(self._descriptor, self._window + have, BUFFER - have, self._base + have)
                error = errno
            if got < 0:
                self._window = NULL
                raise OSError(error, os.strerror(error))
            if got == 0:
                break
            have += got
        self._scan.octets, self._scan.end = self._window, have
        return 0

    cdef void _close_window(self) noexcept:
        if self._mapped:
            munmap(self._window, self._mapped)
        self._window = NULL
        self._mapped = 0

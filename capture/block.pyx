# cython: language_level=3, boundscheck=False, wraparound=False
"""A batch of packets that are no Python objects yet.

Takes what a compiled source found in its buffer; gives the engine a table of `Entry` to read in C, and everybody
else a ``Sequence[Packet]``, whose packets are made when they are asked for.

The octets are not in the block. They are in memory that ``owner`` holds and that does not change while the block
lives; whoever keeps a pointer keeps the block.
"""

from collections.abc import Sequence

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_RawFree, PyMem_RawMalloc, PyMem_RawRealloc
from cpython.object cimport PyObject
from libc.string cimport memcpy

from capture.packet import Packet


cdef object _made = tuple.__new__  # a Packet without its __new__, which only sorts its arguments


cdef class Memory:
    """Octets in the heap, for the packets of one block."""

    @staticmethod
    cdef Memory new(Py_ssize_t size):
        cdef Memory memory = Memory.__new__(Memory)
        memory.octets = <unsigned char *> PyMem_RawMalloc(size)
        if memory.octets == NULL:
            raise MemoryError
        memory.size = size
        return memory

    def __init__(self):
        raise TypeError("a source makes memory")

    def __dealloc__(self):
        PyMem_RawFree(self.octets)

    cdef bint grow(self, Py_ssize_t size, Entry *entries, Py_ssize_t count) noexcept nogil:
        """Have room for ``size`` octets, and the entries point to where theirs are then; False: there is no memory."""
        cdef Py_ssize_t index
        cdef unsigned char *moved = <unsigned char *> PyMem_RawRealloc(self.octets, size)
        if moved == NULL:
            return False
        for index in range(count):
            entries[index].octets = moved + (entries[index].octets - self.octets)
        self.octets, self.size = moved, size
        return True


cdef class Shelf:
    """Two memories that a source fills in turn, so that they stay in the processor's cache.

    Two, since a consumer holds a block until it has the next one. A memory that is still held is left to its holder.
    """

    def __cinit__(self, Py_ssize_t size):
        self._size = size
        self._one = Memory.new(size)
        self._other = Memory.new(size)

    cdef Memory take(self):
        """A memory that nobody else reads."""
        self._one, self._other = self._other, self._one
        if (<PyObject *> self._one).ob_refcnt > 1:
            self._one = Memory.new(self._size)
        return self._one


cdef class Block:
    """Packets of one link type and one source, in their order; sources fill it, nobody else."""

    @staticmethod
    cdef Block new(Py_ssize_t room, int link_type, str source, object owner):
        """An empty one with room for so many entries, whose octets are in what ``owner`` holds."""
        cdef Block block = Block.__new__(Block)
        block.entries = <Entry *> PyMem_Malloc(max(room, 1) * sizeof(Entry))
        if block.entries == NULL:
            raise MemoryError
        block.room = room
        block.link_type = link_type
        block.source = source
        block.owner = owner
        return block

    def __init__(self):
        raise TypeError("a source makes blocks")

    def __dealloc__(self):
        PyMem_Free(self.entries)

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        if isinstance(index, slice):
            start, stop, step = index.indices(self.count)
            if step != 1:
                return [self.packet(at) for at in range(start, stop, step)]
            return self.part(start, max(start, stop))
        cdef Py_ssize_t at = index
        if at < 0:
            at += self.count
        if not 0 <= at < self.count:
            raise IndexError("no such packet in the block")
        return self.packet(at)

    def __iter__(self):
        cdef Py_ssize_t at
        for at in range(self.count):
            yield self.packet(at)

    def __repr__(self):
        return f"<Block of {self.count} packets of {self.source}>"

    @property
    def octets(self):
        """Captured, of all its packets."""
        cdef Py_ssize_t at, octets = 0
        for at in range(self.count):
            octets += self.entries[at].length
        return octets

    def first_from(self, long long time, Py_ssize_t start=0):
        """Index of the first packet, from ``start`` on, that is not before ``time``; the length if there is none."""
        while start < self.count and self.entries[start].time < time:
            start += 1
        return start

    cdef object packet(self, Py_ssize_t index):
        """The packet at a place that is there."""
        cdef Entry *entry = &self.entries[index]
        return _made(Packet, (
            entry.time,
            PyBytes_FromStringAndSize(<const char *> entry.octets, entry.length),
            None if entry.wire_length < 0 else entry.wire_length,
            self.link_type,
            entry.number,
            self.source,
        ))

    cdef Block part(self, Py_ssize_t start, Py_ssize_t stop):
        """Some of its packets, in the same memory."""
        cdef Block block = Block.new(stop - start, self.link_type, self.source, self.owner)
        memcpy(block.entries, self.entries + start, (stop - start) * sizeof(Entry))
        block.count = stop - start
        return block


Sequence.register(Block)

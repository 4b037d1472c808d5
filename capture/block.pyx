# cython: language_level=3, boundscheck=False, wraparound=False
"""A batch of packets that are no Python objects yet.

Takes what a compiled source found in its buffer; gives the engine a table of `Entry` to read in C, and everybody
else a ``Sequence[Packet]``, whose packets are made when they are asked for.

The octets are not in the block. They are in memory that ``owner`` holds and that does not change while the block
lives; whoever keeps a pointer keeps the block.
"""

from collections.abc import Sequence

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.mem cimport PyMem_Free, PyMem_Malloc

from capture.packet import Packet


cdef object _made = tuple.__new__  # a Packet without its __new__, which only sorts its arguments


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
            return [self.packet(at) for at in range(*index.indices(self.count))]
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


Sequence.register(Block)

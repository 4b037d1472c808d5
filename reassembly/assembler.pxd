# The C types of assembler.py, which runs without them too.

cimport cython

from reassembly.counters cimport Counters
from reassembly.sequence cimport distance


cdef long long _MASK, _FAR, _NEAR


@cython.final
cdef class Assembler:
    cdef Counters _counters
    cdef public bint running, anchored
    cdef public unsigned int sequence
    cdef public long long edge
    cdef public list pieces
    cdef public long long buffered
    cdef public long long fin, fin_arrived
    cdef public tuple fin_mark
    cdef long long _origin, _known
    cdef list _gaps
    cdef tuple _known_mark

    cpdef bint take(self, unsigned int sequence, Py_ssize_t length)
    @cython.locals(ahead="long long")
    cpdef bint pass_by(self, unsigned int sequence, Py_ssize_t length)
    cpdef start(self, unsigned int sequence)
    cpdef begin(self)
    @cython.locals(start="long long", end="long long", below="long long")
    cpdef add(self, unsigned int sequence, bytes octets, tuple mark, long long arrived, long long cut=*)
    @cython.locals(pieces=list, end="long long", at="long long", index=Py_ssize_t, free="long long",
                   stop="long long", first="long long", old=bytes, piece=tuple, part=bytes)
    cdef _insert(self, long long start, bytes octets, tuple mark, long long arrived)
    cpdef finish(self, unsigned int sequence, tuple mark, long long arrived)
    cpdef list ready(self)
    cpdef long long hole_since(self)
    cpdef long long hole_end(self)
    @cython.locals(last="long long")
    cpdef long long covered(self, unsigned int sequence)
    cdef _move(self, long long position)
    cdef tuple _drop_first(self)
    cdef _count_buffered(self, long long octets, long long segments)
    @cython.locals(late="long long")
    cdef _count_below(self, long long start, long long end)

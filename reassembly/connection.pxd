# The C types of connection.py, which runs without them too.

cimport cython

from reassembly.assembler cimport Assembler
from reassembly.events cimport Flow


@cython.final
cdef class Direction:
    cdef public Connection connection
    cdef public Direction other
    cdef public bytes key, path
    cdef public unsigned int source, target, ports
    cdef public int vlan
    cdef public bint from_client, seen, unknown_start, waits
    cdef public Assembler assembler
    cdef public long long acknowledged, isn, joined, packets, hole_edge, hole_since, former
    cdef public list acknowledgments


@cython.final
cdef class Connection:
    cdef public Flow flow
    cdef public Direction first, second
    cdef public long long serial, last, timer
    cdef public bint emitted, mid_stream, closed, attention
    cdef public list beside
    cdef public tuple paths
    cdef public list strangers
    cdef public object candidate
    cdef public long long reset_due
    cdef public Direction reset_by
    cdef public unsigned int reset_sequence
    cdef public tuple reset_mark

    cpdef Direction towards(self, bytes key)
    cpdef review(self)


@cython.final
cdef class Candidate:
    cdef public Direction direction
    cdef public tuple segment
    cdef public long long peer_start
    cdef public tuple mark
    cdef public long long since
    cdef public bint interrupted


@cython.final
cdef class Stranger:
    cdef public list segments
    cdef public long long last
    cdef public bint interrupted

# The C types of lifecycle.py, which runs without them too.

cimport cython

from reassembly.connection cimport Connection, Direction
from reassembly.counters cimport Counters
from reassembly.delivery cimport Delivery
from reassembly.strays cimport Strays
from reassembly.table cimport Table


@cython.final
cdef class Lifecycle:
    cdef Counters _counters
    cdef Delivery _delivery
    cdef object _limits
    cdef Strays _strays
    cdef Table _table

    @cython.locals(connection=Connection, other=Direction, sequence="long long", acknowledgment="long long",
                   flags=cython.int, answers=bint, peer_start="long long")
    cpdef bint synchronise(self, Direction direction, tuple segment, tuple mark, long long now) except -1
    @cython.locals(sequence="long long", flags=cython.int, payload=bytes)
    cpdef bint swallowed(self, Direction direction, tuple segment) except -1
    @cython.locals(connection=Connection)
    cpdef bint reset(self, Direction direction, tuple segment, tuple mark, long long now) except -1
    @cython.locals(connection=Connection)
    cpdef refute_reset(self, Direction direction, long long sequence)

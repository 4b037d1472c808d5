# The C types of reception.py, which runs without them too.

cimport cython

from reassembly.assembler cimport Assembler
from reassembly.connection cimport Candidate, Connection, Direction
from reassembly.counters cimport Counters
from reassembly.delivery cimport Delivery
from reassembly.lifecycle cimport Lifecycle
from reassembly.plausibility cimport keep_alive, nearness, tells_nothing
from reassembly.strays cimport Strays
from reassembly.timers cimport Timers
from reassembly.waits cimport Waits


@cython.final
cdef class Reception:
    cdef Counters _counters
    cdef Delivery _delivery
    cdef dict _directions
    cdef Lifecycle _lifecycle
    cdef object _limits
    cdef Strays _strays
    cdef Timers _timers
    cdef Waits _waits

    cpdef begin(self, tuple segment, tuple mark, long long now)
    @cython.locals(connection=Connection)
    cpdef sort(self, Direction direction, tuple segment, tuple mark, long long now)
    @cython.locals(connection=Connection, sequence="long long", flags=cython.int, payload=bytes)
    cdef _take(self, Direction direction, tuple segment, tuple mark, long long now)
    @cython.locals(connection=Connection, candidate=Candidate)
    cdef Direction _successor(self, Direction direction, tuple segment, tuple mark, long long now)
    @cython.locals(connection=Connection)
    cdef _hear(self, Direction direction, long long now)
    @cython.locals(assembler=Assembler, flags=cython.int, payload=bytes, cut="long long", below="long long")
    cdef _accept(self, Direction direction, tuple segment, long long sequence, tuple mark, long long now)
    cdef Direction _open(self, tuple segment, tuple mark, long long now, Direction ended=*)

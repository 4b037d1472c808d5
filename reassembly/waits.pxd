# The C types of waits.py, which runs without them too.

cimport cython

from reassembly.assembler cimport Assembler
from reassembly.connection cimport Connection, Direction
from reassembly.counters cimport Counters


@cython.final
cdef class Waits:
    cdef readonly object _agenda
    cdef object _limits
    cdef Counters _counters

    @cython.locals(assembler=Assembler, acknowledged="long long", position="long long", known=list)
    cpdef note_acknowledged(self, Direction direction, long long now)
    @cython.locals(since="long long", due="long long", end="long long", position="long long", packets="long long")
    cpdef long long direction_due(self, Direction direction, long long now)
    @cython.locals(due="long long")
    cdef long long _patient(self, long long since, long long wait, long long patience, long long packets, long long now)
    @cython.locals(first=Direction, second=Direction, due="long long")
    cpdef long long plan(self, Connection connection, long long now)
    @cython.locals(alone=bint)
    cpdef long long fin_due(self, Connection connection)
    cpdef next_time(self)
    cpdef Connection due(self, long long now)


cpdef bint _stands(long long due, Connection connection)

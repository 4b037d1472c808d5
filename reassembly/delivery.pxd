# The C types of delivery.py, which runs without them too.

cimport cython

from reassembly.assembler cimport Assembler
from reassembly.connection cimport Connection, Direction
from reassembly.counters cimport Counters
from reassembly.events cimport stream_data


@cython.final
cdef class Delivery:
    cdef object _callback, _limits
    cdef Counters _counters
    cdef readonly object waiting

    @cython.locals(connection=Connection, assembler=Assembler)
    cpdef deliver(self, Direction direction)

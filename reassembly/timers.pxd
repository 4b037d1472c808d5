# The C types of timers.py, which runs without them too.

cimport cython

from reassembly.connection cimport Connection, Direction
from reassembly.counters cimport Counters
from reassembly.delivery cimport Delivery
from reassembly.lifecycle cimport Lifecycle
from reassembly.table cimport Table
from reassembly.waits cimport Waits


@cython.final
cdef class Timers:
    cdef readonly long long due
    cdef readonly Table _table
    cdef Delivery _delivery
    cdef Lifecycle _lifecycle
    cdef object _limits
    cdef Waits _waits
    cdef Counters _counters

    cpdef plan(self, Connection connection, long long now)
    cpdef settle(self, Connection connection, tuple mark, long long now)

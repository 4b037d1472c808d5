# The C types of strays.py, which runs without them too.

cimport cython

from reassembly.connection cimport Connection
from reassembly.counters cimport Counters


@cython.final
cdef class Strays:
    cdef Counters _counters
    cdef object _limits
    cdef readonly long long _octets

    cpdef list take_all(self, Connection connection)

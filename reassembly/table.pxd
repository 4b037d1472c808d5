# The C types of table.py, which runs without them too.

cimport cython

from reassembly.connection cimport Connection, Direction
from reassembly.counters cimport Counters
from reassembly.events cimport Flow


cdef unsigned int _FIRST, _SECOND, _THIRD, _MASK


@cython.final
cdef class Table:
    cdef readonly dict directions
    cdef object _closed
    cdef Counters _counters
    cdef readonly object _idle
    cdef object _limits, _server_ports
    cdef long long _serial
    cdef Py_ssize_t _most
    cdef list _recent

    @cython.locals(place=Py_ssize_t, found=Direction, recent=list)
    cpdef Direction find(self, unsigned int source, unsigned int target, unsigned int ports)
    @cython.locals(place=Py_ssize_t)
    cdef _changed(self, Direction direction)
    @cython.locals(connection=Connection)
    cpdef tuple idlest(self)


@cython.locals(mixed="unsigned int")
cdef unsigned int _place(unsigned int source, unsigned int target, unsigned int ports) noexcept

# The C types of ordering.py, which runs without them too.

cimport cython

from rcds_sniffer.records.record cimport CommunicationRecord

cdef class TimeOrder:
    cdef object _delay
    cdef list _records, _times
    cdef Py_ssize_t _begin
    @cython.locals(times=list)
    cpdef push(self, CommunicationRecord record)
    @cython.locals(times=list, begin=Py_ssize_t, last=Py_ssize_t, crowded=Py_ssize_t)
    cpdef list due(self, clock)
    cpdef list rest(self)
    cdef list _leave(self, Py_ssize_t last)

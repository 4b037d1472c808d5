# The C types of queue.py, which runs without them too.

cimport cython

from rcds_sniffer.records.happening cimport Happening

cdef class Queue:
    cdef list _items
    cdef Py_ssize_t _begin
    cpdef push(self, Happening happening)
    cpdef Happening first(self)
    @cython.locals(happening=Happening)
    cpdef Happening pop(self)

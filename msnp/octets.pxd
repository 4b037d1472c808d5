# The C types of octets.py.

from msnp.mark cimport Mark


cdef class Octets:
    cdef readonly bytearray data
    cdef readonly Py_ssize_t at
    cdef long long _base
    cdef readonly list _marks
    cdef Py_ssize_t _most_marks
    cdef long long _unmarked

    cpdef append(self, bytes octets, Mark mark)
    cpdef expect_nothing_in(self, Py_ssize_t count)
    cpdef Py_ssize_t find_line_end(self, Py_ssize_t start, Py_ssize_t stop) except -2
    cpdef bytes line(self, Py_ssize_t start, Py_ssize_t end)
    cpdef bytes take(self, Py_ssize_t count)
    cpdef consume(self, Py_ssize_t count)
    cpdef Mark mark(self)
    cpdef jump(self, long long missing)
    cpdef clear(self)

# The C types of framing.py.

from msnp.mark cimport Mark
from msnp.plain cimport Cutter
from msnp.resync cimport Resync


cdef class Framer(Resync):
    cdef readonly bint hopeless
    cdef readonly Cutter cutter
    cdef Py_ssize_t _fresh
    cdef bint _ended
    cdef object _reader

    cpdef list feed(self, bytes octets, Mark mark)
    cdef Py_ssize_t _plain(self, bytes octets, Py_ssize_t at, Mark mark) except -1
    cdef _careful(self, bytes octets, Py_ssize_t at, Mark mark)
    cpdef list gap(self, length, Mark mark)
    cpdef list end(self)
    cdef list _told(self)
    cdef _wake(self)

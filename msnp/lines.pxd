# The C types of lines.py.

from msnp.frames cimport Shape, Shapes
from msnp.octets cimport Octets


cdef class Lines:
    cdef bint _from_client
    cdef Shapes _shapes
    cdef object _limits
    cdef readonly Octets _octets
    cdef Py_ssize_t _wanted
    cdef object _cut
    cdef list _items

    cdef Shape _shape(self, bytes line)
    cdef Shape _fitting(self, bytes line)

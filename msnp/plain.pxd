# The C types of plain.py.

cimport cython

from msnp.frames cimport Frame, Shape, frame_at
from msnp.mark cimport Mark


cdef int _TAB, _LF, _CR, _SPACE, _DELETE
cdef int _MOST_DIGITS


@cython.final
cdef class Cutter:
    cdef public bint ready
    cdef readonly Shape shape
    cdef readonly Py_ssize_t at
    cdef readonly Py_ssize_t line_end
    cdef readonly Py_ssize_t payload_at
    cdef readonly Py_ssize_t next
    cdef bint _from_client
    cdef bytes _places
    cdef list _shapes
    cdef int _error
    cdef Py_ssize_t _most_line
    cdef long long _most_payload
    cdef Py_ssize_t _spaces

    @cython.locals(p="const unsigned char *", stop=Py_ssize_t, place=int, end=Py_ssize_t, length="long long")
    cpdef bint cut(self, bytes octets, Py_ssize_t at)
    @cython.locals(p="const unsigned char *", start=Py_ssize_t, end=Py_ssize_t)
    cdef bytes speaker(self, bytes octets)
    cpdef Frame frame(self, bytes octets, Mark mark)
    cdef int _place(self, int first, int second, int third)
    @cython.locals(p="const unsigned char *", stop=Py_ssize_t, end=Py_ssize_t, spaces=Py_ssize_t, octet="unsigned char")
    cdef Py_ssize_t _read_line(self, bytes octets, Py_ssize_t at)
    @cython.locals(
        p="const unsigned char *",
        at=Py_ssize_t,
        last=Py_ssize_t,
        tokens=Py_ssize_t,
        first=Py_ssize_t,
        length="long long",
    )
    cdef long long _payload_length(self, bytes octets)

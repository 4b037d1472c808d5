# The C types of frames.py.

cimport cython

from msnp.mark cimport Mark


cdef int SPACE


cdef class Shape:
    cdef bytes _pattern
    cdef object _form
    cdef readonly int payload
    cdef readonly object opens
    cdef readonly bint telling
    cdef public int place

    cpdef bint fits(self, bytes line) except -1


cdef class Shapes:
    cdef dict _by_name
    cdef readonly list shapes
    cdef readonly int error
    cdef readonly bytes places


@cython.final
@cython.no_gc
cdef class Payload:
    cdef readonly long long length
    cdef readonly tuple pieces


@cython.final
@cython.no_gc
cdef class Frame:
    cdef readonly bint from_client
    cdef readonly Mark mark
    cdef readonly long long octets
    cdef readonly Shape shape
    cdef readonly bytes source
    cdef readonly Py_ssize_t line_at
    cdef readonly Py_ssize_t line_end
    cdef readonly Py_ssize_t payload_at
    cdef readonly Py_ssize_t payload_end
    cdef list _tokens
    cdef Payload _payload

    cpdef bytes word(self, Py_ssize_t index)
    @cython.locals(at=Py_ssize_t, end=Py_ssize_t, stop=Py_ssize_t, octets=bytes)
    cpdef bytes word_or_nothing(self, Py_ssize_t index)
    @cython.locals(at=Py_ssize_t, end=Py_ssize_t, stop=Py_ssize_t, octets=bytes, digit=int, number="long long")
    cpdef long long number(self, Py_ssize_t index)
    cpdef bint has(self, Py_ssize_t index)
    @cython.locals(at=Py_ssize_t, stop=Py_ssize_t, octets="const unsigned char *")
    cdef Py_ssize_t _find(self, Py_ssize_t index)


@cython.locals(frame=Frame)
cpdef Frame frame_at(
    bint from_client,
    Mark mark,
    Shape shape,
    bytes source,
    Py_ssize_t line_at,
    Py_ssize_t line_end,
    Py_ssize_t payload_at,
    Py_ssize_t end,
)


@cython.locals(frame=Frame)
cpdef Frame frame_of(bint from_client, Mark mark, Shape shape, bytes line, Payload payload, long long octets)

# The C types of mime.py.

cimport cython


@cython.no_gc
cdef class Headers:
    cdef readonly bytes block
    cdef readonly bint part
    cdef readonly bint simple
    cdef readonly bint stateless
    cdef readonly dict fields
    cdef readonly str type
    cdef readonly str charset
    cdef readonly object format
    cdef bytes _octets

    cpdef str get(self, str name)


@cython.final
@cython.no_gc
cdef class Content:
    cdef readonly Headers headers
    cdef readonly long long length
    cdef readonly long long missing
    cdef readonly bint readable
    cdef readonly bytes whole
    cdef tuple _pieces


@cython.locals(content=Content)
cpdef Content whole_content(Headers headers, bytes body)


cdef class Heads:
    cdef list _recent
    cdef object _blocks
    cdef Py_ssize_t _next

    @cython.locals(headers=Headers, first=Py_ssize_t)
    cpdef Headers find(self, bytes octets, Py_ssize_t at, Py_ssize_t stop, Py_ssize_t place)


@cython.locals(content=Content)
cdef Content _content(Headers headers, long long length, object body, bint readable)

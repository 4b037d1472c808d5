# The C types of share.py, which runs without them too.

cimport cython


cdef unsigned int _ODD, _MASK


@cython.final
cdef class Share:
    cdef unsigned int _index, _of
    cdef bytes _serves

    @cython.locals(ports=Py_ssize_t, sender=cython.int, receiver=cython.int, told="unsigned long long")
    cpdef bint holds(self, const unsigned char *octets, Py_ssize_t at, int size)


@cython.locals(told="unsigned long long", word="unsigned int", place=Py_ssize_t)
cdef unsigned long long _mixed(const unsigned char *octets, Py_ssize_t at, int size) noexcept

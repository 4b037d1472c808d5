# The C types of plain.py, which runs without them too.

cimport cython


@cython.final
cdef class Plain:
    cdef readonly Py_ssize_t at, payload, end, tag
    cdef readonly int size, flags, ident, vlan
    cdef readonly unsigned int source, target, ports, sequence, acknowledgment

    @cython.locals(at=Py_ssize_t, where=Py_ssize_t, kind=cython.int)
    cpdef bint read(self, const unsigned char *octets, Py_ssize_t length, int link_type)
    cdef bint _ipv4(self, const unsigned char *octets, Py_ssize_t at, Py_ssize_t length)
    cdef bint _ipv6(self, const unsigned char *octets, Py_ssize_t at, Py_ssize_t length)
    @cython.locals(payload=Py_ssize_t)
    cdef bint _tcp(self, const unsigned char *octets, Py_ssize_t at, Py_ssize_t end, Py_ssize_t length)
    cpdef bytes key(self, const unsigned char *octets)
    cpdef tuple segment(self, const unsigned char *octets, bytes payload)


cdef unsigned int _number(const unsigned char *octets, Py_ssize_t at) noexcept

# A block of packets, for whoever reads it in C; what it is stands in block.pyx.

cdef struct Entry:
    long long time  # nanoseconds since 1970-01-01 UTC
    long long number  # of the packet in its source, from 1, refused ones counted
    const unsigned char *octets  # in memory that the block keeps alive
    unsigned int length  # octets that were captured
    long long wire_length  # octets on the line; -1: not known


cdef class Memory:
    cdef unsigned char *octets
    cdef readonly Py_ssize_t size

    @staticmethod
    cdef Memory new(Py_ssize_t size)
    cdef bint grow(self, Py_ssize_t size, Entry *entries, Py_ssize_t count) noexcept nogil


cdef class Shelf:
    cdef Py_ssize_t _size
    cdef Memory _one
    cdef Memory _other

    cdef Memory take(self)


cdef class Block:
    cdef Entry *entries
    cdef Py_ssize_t count
    cdef readonly int link_type
    cdef readonly str source
    cdef object owner
    cdef Py_ssize_t room

    @staticmethod
    cdef Block new(Py_ssize_t room, int link_type, str source, object owner)
    cdef object packet(self, Py_ssize_t index)
    cdef Block part(self, Py_ssize_t start, Py_ssize_t stop)

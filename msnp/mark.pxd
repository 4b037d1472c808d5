# The C types of mark.py.

cimport cython


@cython.final
@cython.no_gc
@cython.freelist(64)
cdef class Mark:
    cdef readonly long long time
    cdef readonly unsigned int sequence
    cdef readonly long long packet
    cdef readonly str source

    cpdef Mark after(self, long long octets)


@cython.locals(mark=Mark)
cpdef Mark mark_at(long long time, unsigned int sequence, long long packet, str source)

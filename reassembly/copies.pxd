# The C types of copies.py, which runs without them too.

cimport cython

from reassembly.counters cimport Counters


@cython.final
cdef class Seen:
    cdef long long time, packet
    cdef bytes key, payload
    cdef unsigned int sequence, acknowledgment
    cdef int flags, ident
    cdef long long cut


@cython.final
cdef class Copies:
    cdef Counters _counters
    cdef long long _time
    cdef Py_ssize_t _most, _next
    cdef list _ring

    @cython.locals(at=Py_ssize_t, seen=Seen)
    cpdef remember(
        self, bytes key, unsigned int sequence, unsigned int acknowledgment, int flags, bytes payload,
        long long cut, int ident, long long now
    )
    @cython.locals(since="long long", first="long long", at=Py_ssize_t, seen=Seen, key=bytes, payload=bytes,
                   sequence="unsigned int", acknowledgment="unsigned int", flags=cython.int, cut="long long", ident=cython.int)
    cpdef bint holds(self, tuple segment, long long now)

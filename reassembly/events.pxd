# The C types of events.py, which runs without them too.

cimport cython


@cython.final
cdef class Flow:
    cdef public object client, server
    cdef public bint opened, ignored
    cdef public long long started


@cython.final
@cython.no_gc
@cython.freelist(16)
cdef class StreamData:
    cdef readonly Flow flow
    cdef readonly bint from_client
    cdef readonly long long time, packet
    cdef readonly unsigned int sequence
    cdef readonly str source
    cdef readonly bytes octets

    cdef tuple _fields(self)


@cython.locals(data=StreamData)
cpdef StreamData stream_data(
    Flow flow, bint from_client, long long time, unsigned int sequence, long long packet, str source, bytes octets
)

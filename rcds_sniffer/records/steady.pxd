# The C types of steady.py, which runs without them too.

cdef class SteadyClock:
    cdef object _offsets
    cdef bint _stepped
    cpdef long long of(self, long long time, long long now)

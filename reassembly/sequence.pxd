# The C types of sequence.py, which runs without them too.

cimport cython

cdef long long _MASK, _HALF, _CIRCLE


@cython.locals(ahead="long long")
cpdef long long distance(long long sequence, long long origin) noexcept

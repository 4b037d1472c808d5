# The C types of counting.py, which runs without them too.


cdef class Tally:
    cdef readonly dict kinds

    cpdef add(self, event)

# The C types of roster.py, which runs without them too.

cdef class Roster:
    cdef dict _stays
    cdef frozenset _there
    cdef object _latest
    cdef dict _others
    cpdef enter(self, str account, moment)
    cpdef leave(self, str account, moment)
    cpdef last_left(self, str account)
    cpdef present(self, moment)
    cpdef tuple others(self, str actor, moment)
    cpdef bint holds(self, str account, moment)
    cpdef frozenset lately(self)
    cpdef absorb(self, Roster other)

# The C types of echoes.py, which runs without them too.

import cython

from rcds_sniffer.records.happening cimport Happening
from rcds_sniffer.records.queue cimport Queue

cdef class Echoes:
    cdef Queue _new
    cdef object _found, _unnamed_until
    cdef dict _by_text
    cpdef remember(self, Happening happening)
    @cython.locals(first=Happening)
    cpdef expire(self, clock)
    cdef bint _too_old(self, Happening happening, clock)

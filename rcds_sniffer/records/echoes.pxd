# The C types of echoes.py, which runs without them too.

cimport cython

from rcds_sniffer.records.conversation cimport Conversation
from rcds_sniffer.records.happening cimport Happening
from rcds_sniffer.records.queue cimport Queue

cdef class Echoes:
    cdef Queue _new
    cdef object _found
    cdef long long _unnamed_until
    cdef dict _by_text
    @cython.locals(conversation=Conversation)
    cpdef remember(self, Happening happening)
    cpdef like(self, str server, str actor, str text, long long clock, bint named)
    @cython.locals(first=Happening)
    cpdef expire(self, long long clock)
    cdef bint _too_old(self, Happening happening, long long clock)

# The C types of muting.py, which runs without them too.

cimport cython

from rcds_sniffer.records.conversation cimport Conversation
from rcds_sniffer.records.happening cimport Link

cdef class Muting:
    cdef object _warrant
    cdef long long _settle
    cdef dict _certain, _doubtful
    cpdef heard(self, Conversation conversation, long long clock)
    cpdef review(self, Conversation conversation, long long clock)
    cpdef _judge(self, Conversation conversation, long long clock)

@cython.locals(link=Link)
cpdef _mute(Conversation conversation, bint muted)

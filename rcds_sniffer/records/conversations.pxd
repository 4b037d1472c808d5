# The C types of conversations.py, which runs without them too.

cimport cython

from rcds_sniffer.events cimport Event, Message
from rcds_sniffer.records.conversation cimport Conversation
from rcds_sniffer.records.echoes cimport Echoes
from rcds_sniffer.records.happening cimport Happening, Link, Sighting
from rcds_sniffer.records.queue cimport Queue

cdef class Conversations:
    cdef object _release, _resight
    cdef readonly dict _by_session, _all
    cdef object _ending
    cdef long long _sweep_at, _next
    cdef Queue _memory
    cdef Echoes _echoes
    cdef Py_ssize_t _remembered
    cpdef expire(self, long long clock)
    cpdef _end(self, Conversation conversation, long long clock)
    @cython.locals(memory=Queue, first=Happening, happening=Happening, conversation=Conversation)
    cpdef _forget_happenings(self, long long clock)
    @cython.locals(message=Message, event=Event)
    cpdef remember(self, Conversation conversation, Happening happening, long long clock)
    @cython.locals(event=Message)
    cpdef tuple find_echo(self, Conversation conversation, str actor, Sighting sighting, long long clock)

# The C types of conversation.py, which runs without them too.

cimport cython

from rcds_sniffer.records.happening cimport Happening, Link, Sighting
from rcds_sniffer.records.roster cimport Roster

cdef class Conversation:
    cdef public str protocol, server, session_id, public_id
    cdef public Roster roster
    cdef public dict names
    cdef public list links
    cdef public long long active, loud_until
    cdef public object history, unattributed
    cdef public bint over, quiet
    cdef public set called
    cdef public frozenset judged, doubted, sure
    cdef bint _indexing
    cdef dict _recent, _with_key
    cdef list _cut
    cdef Conversation _into

    cpdef Conversation current(self)
    @cython.locals(link=Link, unsure=bint)
    cpdef bint unsure_at(self, moment)
    @cython.locals(link=Link)
    cpdef bint waiting(self)
    cpdef str identify(self)
    @cython.locals(link=Link, happening=Happening)
    cpdef Happening find(self, str kind, str actor, str thing, Sighting sighting)
    cpdef remember(self, Happening happening)
    cpdef _index_all(self)
    @cython.locals(same=list)
    cpdef _index(self, Happening happening)
    cpdef complete(self, Happening happening)
    cpdef forget(self, Happening happening)
    cpdef note_name(self, str account, str name, long long time)
    @cython.locals(found=tuple)
    cpdef str name_of(self, str account, object since, object until)
    @cython.locals(link=Link, happening=Happening, mine=Happening)
    cpdef list absorb(self, Conversation other)

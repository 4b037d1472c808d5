# The C types of state.py: what is looked at for every command.

from msnp.mime cimport Heads


cdef class State:
    cdef public object emit
    cdef public object links
    cdef public str client
    cdef public str server
    cdef public object limits
    cdef public object counters
    cdef public Heads heads
    cdef public Py_ssize_t place
    cdef public bint muted
    cdef public object notification
    cdef public object version
    cdef public long possible
    cdef public str account
    cdef public str name
    cdef public str session_id
    cdef public bint server_heard
    cdef public str claimed
    cdef public object claim_mark
    cdef public object credential_mark
    cdef public dict details
    cdef public bint began
    cdef public bint online
    cdef public bint logged_in
    cdef public bint logged_out
    cdef public str status
    cdef public object requests
    cdef public bint entered
    cdef public bint left
    cdef public dict roster
    cdef public object gone
    cdef public str speaker
    cdef public bytes speaker_word
    cdef public str speaker_name
    cdef public bytes speaker_name_word
    cdef public list doubts
    cdef public bint opened
    cdef public bint all_calls_seen
    cdef public set called
    cdef public list found_there
    cdef public list pending
    cdef public object part_texts
    cdef public object emoticons
    cdef public object invitations
    cdef public object multiparty
    cdef public object contacts
    cdef public object p2p

    cpdef str own_name(self)

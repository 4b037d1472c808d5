# The C types of events.py, which runs without them too.
#
# None of them can be part of a cycle of references: the garbage collector need not look at any.

cimport cython


@cython.no_gc
cdef class Connection:
    cdef public str protocol, client, server, version
    cdef public object started
    cdef public bint muted

@cython.no_gc
@cython.freelist(64)
cdef class Seen:
    cdef public long long time, sequence, packet
    cdef public str source
    cdef public bint from_client
    cdef public long long ordinal

@cython.no_gc
cdef class Event:
    cdef public Connection connection
    cdef public Seen seen
    cdef public bint inferred

@cython.no_gc
cdef class AccountKnown(Event):
    cdef public str account, evidence

@cython.no_gc
cdef class ConversationKnown(Event):
    cdef public str session_id

@cython.no_gc
cdef class ConnectionClosed(Event):
    pass

@cython.no_gc
cdef class AccountEvent(Event):
    cdef public object details

@cython.no_gc
cdef class Login(AccountEvent):
    cdef public str account, name

@cython.no_gc
cdef class Presence(AccountEvent):
    cdef public str account, name

@cython.no_gc
cdef class ConversationEvent(Event):
    pass

@cython.no_gc
cdef class RosterUnsure(ConversationEvent):
    pass

@cython.no_gc
cdef class Left(ConversationEvent):
    cdef public str account
    cdef public object details

@cython.no_gc
cdef class Invited(ConversationEvent):
    cdef public str sender, sender_name, account, session_id, server
    cdef public object details

@cython.no_gc
cdef class Utterance(ConversationEvent):
    cdef public str sender, sender_name, content_type
    cdef public object transaction, details

@cython.no_gc
cdef class Message(Utterance):
    cdef public str text, message_id
    cdef public object format, known, missing, length
    cdef public bint complete

@cython.no_gc
cdef class Typing(Utterance):
    pass

@cython.no_gc
cdef class Nudge(Utterance):
    pass

@cython.no_gc
cdef class Action(Utterance):
    cdef public str text

@cython.no_gc
cdef class Delivery(ConversationEvent):
    cdef public object transaction
    cdef public bint delivered

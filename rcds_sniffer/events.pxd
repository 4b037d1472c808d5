# The C types of events.py, which runs without them too.

cdef class Connection:
    cdef public str protocol, client, server, version
    cdef public object started
    cdef public bint muted

cdef class Seen:
    cdef public object time, sequence, packet
    cdef public str source
    cdef public bint from_client
    cdef public object ordinal

cdef class Event:
    cdef public Connection connection
    cdef public Seen seen
    cdef public bint inferred

cdef class ConversationEvent(Event):
    pass

cdef class Utterance(ConversationEvent):
    cdef public str sender, sender_name, content_type
    cdef public object transaction, details

cdef class Message(Utterance):
    cdef public str text, message_id
    cdef public object format, known, missing, length
    cdef public bint complete

cdef class Typing(Utterance):
    pass

cdef class Nudge(Utterance):
    pass

cdef class Action(Utterance):
    cdef public str text

cdef class Delivery(ConversationEvent):
    cdef public object transaction
    cdef public bint delivered

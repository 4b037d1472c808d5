# The C types of events.py, which runs without them too.

cdef class Connection:
    cdef public str protocol, client, server, version, realm
    cdef public object started
    cdef public long long heard
    cdef public bint muted
    cdef public bint shared

cdef class Seen:
    cdef public long long time, sequence, packet
    cdef public str source
    cdef public bint from_client
    cdef public long long ordinal, until

cdef class Event:
    cdef public Connection connection
    cdef public Seen seen
    cdef public bint inferred

cdef class AccountKnown(Event):
    cdef public str account, evidence

cdef class ConversationKnown(Event):
    cdef public str session_id

cdef class ConnectionClosed(Event):
    pass

cdef class AccountEvent(Event):
    cdef public object details

cdef class Login(AccountEvent):
    cdef public str account, name

cdef class Presence(AccountEvent):
    cdef public str account, name

cdef class ConversationEvent(Event):
    pass

cdef class RosterUnsure(ConversationEvent):
    pass

cdef class Left(ConversationEvent):
    cdef public str account
    cdef public object details

cdef class Invited(ConversationEvent):
    cdef public str sender, sender_name, account, session_id, server
    cdef public object details

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

cdef class Sending(Utterance):
    cdef public str kind, text, identity, recipient, transfer
    cdef public object file

cdef class FileOctets(Utterance):
    cdef public str recipient, transfer
    cdef public object offset
    cdef public bytes octets

cdef class Delivery(ConversationEvent):
    cdef public object transaction
    cdef public bint delivered

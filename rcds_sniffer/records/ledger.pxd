# The C types of ledger.py, which runs without them too.

cimport cython

from rcds_sniffer.events cimport Connection, Event, Utterance
from rcds_sniffer.records.building cimport Builder
from rcds_sniffer.records.conversation cimport Conversation
from rcds_sniffer.records.conversations cimport Conversations
from rcds_sniffer.records.happening cimport Happening, Link, Sighting
from rcds_sniffer.records.queue cimport Queue
from rcds_sniffer.records.record cimport CommunicationRecord
from rcds_sniffer.records.roster cimport Roster

cdef class Counters:
    cdef public long long events, records, incomplete, unattributed

cdef class Ledger:
    cdef public object warrant, transfers
    cdef public long long clock
    cdef public Builder build
    cdef public Counters counters
    cdef readonly Conversations conversations
    cdef object _grants, _emit, _patience, _impatient
    cdef long long _settle
    cdef readonly Queue _pending
    cdef readonly Py_ssize_t _held

    @cython.locals(first=Happening, settled=cython.longlong)
    cpdef advance(self, long long time)
    cpdef write(self, CommunicationRecord record, grant, long long until)
    cpdef Happening sight(self, Conversation conversation, Sighting sighting, str kind, str actor, str thing=*)
    cdef Happening _begin(self, Conversation conversation, Sighting sighting, str kind, str actor, str thing)
    cpdef review(self, Happening happening, Conversation conversation)
    @cython.locals(event=Event, connection=Connection)
    cpdef hasten(self, Sighting sighting, Happening happening, Conversation conversation)
    cpdef await_delivery(self, Link link, transaction, Happening happening)
    @cython.locals(happening=Happening, sighting=Sighting)
    cpdef delivered(self, Link link, transaction, str outcome)
    @cython.locals(roster=Roster, happening=Happening)
    cpdef was_there(self, Conversation conversation, Link link, tuple accounts, moment)
    @cython.locals(happening=Happening, conversation=Conversation)
    cdef _conclude_next(self)
    cdef _conclude(self, Happening happening, Conversation conversation, bint patient=*)
    @cython.locals(sighting=Sighting, event=Event, utterance=Utterance, awaited=dict)
    cdef _forget_deliveries(self, Happening happening)
    cdef _hold(self, held, Happening happening, Conversation conversation)
    cdef _let_go(self, Happening happening, Conversation conversation)
    @cython.locals(link=Link, roster=Roster)
    cdef tuple _recipients(self, Happening happening, Conversation conversation)
    @cython.locals(concerned=list, best=Sighting, connection=Connection)
    cdef _record(self, Happening happening, Conversation conversation)
    cdef _write_all(
        self, Happening happening, str target, Conversation conversation, tuple recipients, tuple grants)
    @cython.locals(best=Sighting, whole=Sighting, record=CommunicationRecord)
    cdef _write(self, Happening happening, str target, Conversation conversation, tuple recipients, grant)

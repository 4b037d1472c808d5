# The C types of recorder.py, which runs without them too.

cimport cython

from rcds_sniffer.events cimport (
    AccountEvent, AccountKnown, ConnectionClosed, Connection, ConversationKnown, Delivery, Event, FileOctets, Invited,
    Left, Login, RosterUnsure, Seen, Sending, Utterance,
)
from rcds_sniffer.records.conversation cimport Conversation
from rcds_sniffer.records.happening cimport Happening, Link, Sighting
from rcds_sniffer.records.ledger cimport Ledger
from rcds_sniffer.records.steady cimport SteadyClock

cdef class Recorder:
    cdef readonly object _warrant
    cdef object _interest, _muting
    cdef readonly object _held
    cdef bint _paced
    cdef SteadyClock _steady
    cdef readonly Ledger _ledger
    cdef readonly dict _links

    @cython.locals(ledger=Ledger, connection=Connection, seen=Seen, link=Link, time=cython.longlong)
    cpdef receive(self, Event event)
    cdef _wait(self, Link link, Event event, now)
    cdef _carries_files(self, Link link)
    cdef _prove(self, Link link, str account)
    cdef _close(self, Link link, now)
    cdef Conversation _conversation_of(self, Link link)
    cdef _take(self, Link link, Event event, now)
    cdef _file_octets(self, Link link, FileOctets event, now)
    @cython.locals(sighting=Sighting, happening=Happening, conversation=Conversation)
    cdef _utterance(self, Link link, Utterance event, now)
    cdef Sighting _sighting(self, Link link, Event event, bint outgoing, now)

cpdef bint needs_account(Event event)

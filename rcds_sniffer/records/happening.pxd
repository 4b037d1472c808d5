# The C types of happening.py, which runs without them too.

cimport cython

from rcds_sniffer.events cimport Action, Connection, Event, Message, Utterance

cpdef moment(time, arrival)

cdef class Link:
    cdef long long _latest_of_client, _latest_of_server
    cdef public Connection connection
    cdef public str account
    cdef public object conversation, unsure_since, doubtful_from, started, closed_at
    cdef public bint entered, followed
    cdef public list waiting, pieces
    cdef public tuple parties
    cdef public dict awaited
    @cython.locals(latest=cython.longlong)
    cpdef moment_of(self, long long time, bint from_client, long long arrival, bint inferred=*)
    cpdef doubt(self, moment)
    cpdef bint watched(self, moment)
    cpdef bint doubtful_at(self, moment)

cdef class Sighting:
    cdef public Link link
    cdef public Event event
    cdef public bint outgoing
    cdef public long long time
    cdef public object moment

cdef class Happening:
    cdef public str kind, actor, object, delivery
    cdef public object conversation, moment, out_moment, in_moment, error
    cdef public long long begun, remembered_until
    cdef public Py_ssize_t cost
    cdef public bint spoken, cut, indexed, concluded, ending
    cdef public str transfer
    cdef public dict file
    cdef public object missing
    cdef public tuple links, sightings, recorded
    cdef tuple _key
    cdef Happening _into
    cpdef Happening current(self)
    cpdef add(self, Sighting sighting)
    cpdef absorb(self, Happening other)
    cpdef bint fits(self, Link link, long long time, bint outgoing)
    cpdef settle(self)
    cpdef Sighting whole(self)

cpdef bint is_whole(Event event)
cpdef tuple content_key(str kind, str actor, str thing, Event event)

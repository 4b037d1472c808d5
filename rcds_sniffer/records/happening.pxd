# The C types of happening.py, which runs without them too.

from rcds_sniffer.events cimport Connection, Event

cdef class Link:
    cdef object _latest_of_client, _latest_of_server
    cdef public Connection connection
    cdef public str account
    cdef public object conversation, unsure_since, doubtful_from, started, closed_at
    cdef public bint entered, followed
    cdef public list waiting
    cdef public dict awaited
    cpdef moment_of(self, time, bint from_client, arrival, bint inferred=*)
    cpdef doubt(self, moment)
    cpdef bint watched(self, moment)
    cpdef bint doubtful_at(self, moment)

cdef class Sighting:
    cdef public Link link
    cdef public Event event
    cdef public bint outgoing
    cdef public object time, moment

cdef class Happening:
    cdef public str kind, actor, object, delivery
    cdef public object conversation, begun, remembered_until, moment, out_moment, in_moment, error
    cdef public Py_ssize_t cost
    cdef public bint spoken, cut, indexed, concluded
    cdef public list links, sightings, recorded
    cdef tuple _key
    cdef Happening _into
    cpdef Happening current(self)
    cpdef add(self, Sighting sighting)
    cpdef absorb(self, Happening other)
    cpdef bint fits(self, Link link, time, bint outgoing)
    cpdef settle(self)
    cpdef Sighting whole(self)

cpdef bint is_whole(Event event)
cpdef tuple content_key(str kind, str actor, str thing, Event event)

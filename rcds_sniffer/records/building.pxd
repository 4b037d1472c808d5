# The C types of building.py, which runs without them too.

cimport cython

from rcds_sniffer.events cimport Connection, Event, Message, Seen, Utterance
from rcds_sniffer.records.happening cimport Happening, Sighting
from rcds_sniffer.records.record cimport CommunicationRecord

cdef class Builder:
    cdef str _sensor
    cdef dict _flows
    @cython.locals(best=Sighting, event=Event, spoken=Event, said=Utterance, record=CommunicationRecord)
    cpdef CommunicationRecord of_happening(
        self, Happening happening, str target, tuple recipients, str conversation_id, str name, grant)
    @cython.locals(seen=Seen, connection=Connection, record=CommunicationRecord)
    cdef CommunicationRecord _begin(self, Event event, str name, str target, bint own, str order_id)
    @cython.locals(seen=Seen, connection=Connection, flow=str)
    cdef str _identify(self, Event event, str name, str target, str order_id)

cpdef Sighting best_sighting(Happening happening, str target)
@cython.locals(sighting=Sighting, event=Event, said=Utterance)
cpdef str shown_name(Happening happening, Sighting best, grant)
@cython.locals(message=Message)
cdef _put_content(CommunicationRecord record, Utterance event)
cdef CommunicationRecord _ended(CommunicationRecord record, Event event, details)

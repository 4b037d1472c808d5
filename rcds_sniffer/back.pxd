# The C types of back.py, which runs without them too.

from rcds_sniffer.records.ordering cimport TimeOrder
from rcds_sniffer.records.record cimport CommunicationRecord
from rcds_sniffer.records.recorder cimport Recorder

cdef class Back:
    cdef public Recorder recorder
    cdef public dict events
    cdef public object failure, now
    cdef list _sinks, _batch
    cdef bint _live
    cdef TimeOrder _order
    cpdef _on_record(self, CommunicationRecord record)
    cpdef _flush(self)

# The C types of codec.py, which runs without them too.

cimport cython

from rcds_sniffer.records.json_form cimport object_json
from rcds_sniffer.records.record cimport CommunicationRecord


cdef dict _stored

@cython.locals(r=CommunicationRecord, repeating=tuple, stored=tuple)
cpdef tuple encode(CommunicationRecord record)

cdef tuple _remember(tuple values)

# The C types of record.py, which runs without them too.

cdef class CommunicationRecord:
    cdef public str record_id, order_id, target
    cdef public object time
    cdef public str protocol, protocol_version, event, direction, conversation_id, sender, sender_name
    cdef public tuple recipients
    cdef public str text, content_type
    cdef public object format, file
    cdef public str client, server, sensor
    cdef public object source
    cdef public bint complete
    cdef public object missing_bytes, details, sequence

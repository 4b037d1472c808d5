# The C types of json_form.py, which runs without them too.

cimport cython

from rcds_sniffer.records.record cimport CommunicationRecord


cdef list _GROUPS, _THREE, _SIXTY, _SMALL
cdef tuple _groups, _ENDS
cdef dict _whose, _what, _who, _kind, _where, _members, _minutes

@cython.locals(r=CommunicationRecord, line=list, whose=bytes, what=bytes, who=bytes, kind=bytes, where=bytes)
cpdef bytes json_line(CommunicationRecord record)

cdef bytes _make_group(Py_ssize_t place, tuple values)

@cython.locals(clock="long long", second="long long", minute="long long", rest="long long", microseconds="long long",
               nanoseconds="long long", begin=bytes, six=bytes)
cpdef bytes moment(object time)

cpdef bytes string(str text)

cpdef bytes whole(object number)

@cython.locals(pieces=list)
cpdef str object_json(object values)

@cython.locals(plain=dict, begin=bytes, member=tuple, head=tuple)
cdef void add_object(list line, object values) except *

cpdef bytes anything(object value)

cdef bytes _remember(dict made, object key, bytes octets)

# The C types of session.py.

cimport cython

from msnp.commands cimport Command
from msnp.frames cimport Frame
from msnp.handlers_messages cimport is_silent
from msnp.mark cimport Mark, mark_at
from msnp.plain cimport Cutter
from msnp.state cimport State


cdef class MsnSession:
    cdef public bint muted
    cdef readonly bint recognised
    cdef readonly bint swapped
    cdef readonly State _state
    cdef readonly dict _framers
    cdef readonly list _held
    cdef list _unheard
    cdef set _speakers
    cdef object _limits
    cdef object _links
    cdef Cutter _client
    cdef Cutter _server
    cdef tuple _counts
    cdef object _finder
    cdef long long _heard_time
    cdef unsigned int _heard_sequence
    cdef long long _heard_packet
    cdef str _heard_source
    cdef bint _foreign
    cdef bint _ended

    cpdef analyze_packet(self, bint from_client, bytes octets, Mark mark)
    cpdef analyze_octets(
        self,
        bint from_client,
        bytes octets,
        long long time,
        unsigned int sequence,
        long long packet,
        str source,
    )
    @cython.locals(cutter=Cutter, at=Py_ssize_t, silent=bint, frame=Frame)
    cdef _feed(
        self,
        bint from_client,
        bytes octets,
        long long time,
        unsigned int sequence,
        long long packet,
        str source,
    )
    @cython.locals(command=Command, state=State)
    cdef bint _silent(self, Cutter cutter, bint from_client, bytes octets) except -1
    @cython.locals(counts=list)
    cdef _count(self, bint from_client, Py_ssize_t place)
    cdef _go_carefully(self, bint from_client, bytes octets, Mark mark)
    @cython.locals(command=Command, state=State)
    cdef _dispatch(self, Frame frame)
    @cython.locals(state=State, tokens=list)
    cdef bint _is_unwanted(self, Frame frame) except -1
    @cython.locals(frame=Frame, unheard=list)
    cdef _tell_unheard(self)
    cdef _handle(self, Command command, Frame frame)

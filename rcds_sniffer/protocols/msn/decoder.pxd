# The C types of decoder.py, which runs without them too.

cimport cython

from msnp.session cimport MsnSession
from rcds_sniffer.events cimport Connection
from rcds_sniffer.protocols.msn.line cimport Line
from reassembly.events cimport Flow, StreamData

@cython.final
cdef class MsnDecoder:
    cdef public object emit, links
    cdef public dict counters
    cdef dict _lines, _roads, _versions
    cdef object _ports, _tunnels
    @cython.locals(line=Line)
    cpdef receive(self, event)
    @cython.locals(line=Line, session=MsnSession)
    cdef bint _hear(self, StreamData data) except -1
    cpdef note_version(self, str account, Connection connection)

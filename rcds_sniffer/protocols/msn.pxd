# The C types of msn.py, which runs without them too.

cimport cython

from msnp.session cimport MsnSession
from msnp.utterances cimport Acknowledged, Message as Said
from rcds_sniffer.events cimport Connection
from rcds_sniffer.protocols.msn_events cimport seen_at, translate_utterance
from reassembly.events cimport Flow, StreamData

cdef class _Line:
    cdef MsnDecoder _decoder
    cdef dict _threads
    cdef public Connection connection
    cdef public MsnSession session
    cdef public bint silent, swapped
    @cython.locals(connection=Connection, message=Said, answer=Acknowledged)
    cpdef translate(self, event)
    cdef Connection _thread(self, thread, event)
    cdef _prove(self, event)

@cython.final
cdef class MsnDecoder:
    cdef public object emit, links
    cdef public dict counters
    cdef dict _lines, _versions
    @cython.locals(line=_Line, session=MsnSession)
    cpdef receive(self, event)
    @cython.locals(line=_Line, session=MsnSession)
    cdef _hear(self, StreamData data)
    cdef _Line _open(self, Flow flow)
    cpdef note_version(self, str account, Connection connection)

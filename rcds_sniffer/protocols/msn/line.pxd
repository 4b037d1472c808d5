# The C types of line.py, which runs without them too.

cimport cython

from msnp.mark cimport Mark
from msnp.session cimport MsnSession
from msnp.utterances cimport Acknowledged, Message as Said
from rcds_sniffer.events cimport Connection
from rcds_sniffer.protocols.msn.translation cimport seen_at, translate_utterance

cdef class Line:
    cdef object _decoder
    cdef dict _threads
    cdef public Connection connection
    cdef public MsnSession session
    cdef public bint silent, swapped
    @cython.locals(session=MsnSession)
    cpdef analyze_packet(self, bint from_client, bytes octets, Mark mark)
    @cython.locals(connection=Connection, message=Said, answer=Acknowledged)
    cpdef translate(self, event)
    cdef Connection _thread(self, thread, event)
    cdef _prove(self, event)

# The C types of msn.py, which runs without them too.

cimport cython

from msnp.mark cimport Mark
from msnp.mime cimport Headers
from msnp.session cimport MsnSession
from msnp.utterances cimport Acknowledged, ActionText, Message as Said, Origin, TextMessage, TypingNotice
from msnp.utterances cimport Utterance as Uttered
from rcds_sniffer.events cimport Action, Connection, Delivery, Message, Nudge, Seen, Typing, Utterance
from reassembly.events cimport Flow, StreamData

cdef class _Line:
    cdef MsnDecoder _decoder
    cdef public Connection connection
    cdef public MsnSession session
    cdef public bint silent, swapped
    @cython.locals(connection=Connection)
    cpdef translate(self, event)

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

@cython.locals(seen=Seen)
cpdef Seen seen_at(Mark mark, bint from_client, long long ordinal)
@cython.locals(seen=Seen, delivery=Delivery, typing=Typing, action=Action, nudge=Nudge)
cdef _utterance(Uttered event, Connection connection)
@cython.locals(message=Message, headers=Headers, text=str, charset=str)
cdef _text(TextMessage event, Connection connection, Seen seen)
@cython.locals(origin=Origin)
cdef _put(Utterance utterance, Said event, Connection connection, Seen seen)
cdef _usual(str charset, bytes asked)

# The C types of msn.py, which runs without them too.

cimport cython

from msnp.mark cimport Mark
from msnp.session cimport MsnSession
from rcds_sniffer.events cimport Action, Connection, Delivery, Message, Nudge, Seen, Typing, Utterance

cdef class _Line:
    cdef object _decoder
    cdef public Connection connection
    cdef public MsnSession session
    cdef public bint silent, swapped
    @cython.locals(connection=Connection)
    cpdef translate(self, event)

cdef class MsnDecoder:
    cdef public object emit, links
    cdef public dict counters
    cdef dict _lines, _versions
    @cython.locals(line=_Line, session=MsnSession)
    cpdef receive(self, event)
    cpdef note_version(self, str account, Connection connection)

@cython.locals(mark=Mark, seen=Seen)
cpdef Seen seen_at(event)
@cython.locals(message=Message)
cpdef _text(event, tuple at)
@cython.locals(typing=Typing)
cpdef _typing(event, tuple at)
@cython.locals(nudge=Nudge)
cpdef _nudge(event, tuple at)
@cython.locals(action=Action)
cpdef _action(event, tuple at)
@cython.locals(delivery=Delivery)
cpdef _delivery(event, tuple at)
cdef _put(Utterance utterance, event, tuple at)
cdef _usual(str charset, str acknowledgement)

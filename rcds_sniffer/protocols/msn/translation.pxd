# The C types of translation.py, which runs without them too.

cimport cython

from msnp.mark cimport Mark
from msnp.mime cimport Headers
from msnp.utterances cimport Acknowledged, ActionText, FileOctets as Piece, Message as Spoken, Origin, Sending as Said, TextMessage, TypingNotice
from msnp.utterances cimport Utterance as Uttered
from rcds_sniffer.events cimport Action, Connection, Delivery, FileOctets, Message, Nudge, Seen, Sending, Typing, Utterance

@cython.locals(seen=Seen)
cpdef Seen seen_at(Mark mark, bint from_client, long long ordinal)
@cython.locals(seen=Seen, delivery=Delivery, typing=Typing, action=Action, nudge=Nudge)
cpdef translate_utterance(Uttered event, Connection connection)
@cython.locals(sending=Sending, octets=FileOctets, piece=Piece)
cdef _sent(Uttered event, Connection connection, Seen seen)
@cython.locals(message=Message, headers=Headers, text=str, charset=str)
cdef _text(TextMessage event, Connection connection, Seen seen)
@cython.locals(origin=Origin)
cdef _put(Utterance utterance, Spoken event, Connection connection, Seen seen)
cdef _usual(str charset, bytes asked)

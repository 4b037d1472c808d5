# The C types of utterances.py. None of them can be part of a cycle, so the collector need not know them.

cimport cython

from msnp.mark cimport Mark
from msnp.mime cimport Content


@cython.no_gc
cdef class Utterance:
    cdef readonly Mark mark
    cdef readonly bint from_client


@cython.final
@cython.no_gc
cdef class Acknowledged(Utterance):
    cdef readonly long long transaction
    cdef readonly bint delivered
    cdef public object thread


@cython.locals(event=Acknowledged)
cpdef Acknowledged acknowledged(Mark mark, long long transaction, bint delivered)


@cython.final
@cython.no_gc
cdef class Origin:
    cdef readonly Mark mark
    cdef readonly bint from_client
    cdef readonly str sender
    cdef readonly str name
    cdef readonly bytes asked
    cdef public object thread
    cdef long long _transaction


@cython.locals(origin=Origin)
cpdef Origin own_origin(Mark mark, str name, long long transaction, bytes acknowledgement)


@cython.locals(origin=Origin)
cpdef Origin origin_of(Mark mark, str sender, str name)


@cython.locals(origin=Origin)
cpdef Origin peer_origin(Mark mark, str sender, str name, bint from_client)


@cython.no_gc
cdef class Message(Utterance):
    cdef readonly Origin origin
    cdef readonly Content content
    cdef readonly long long missing

    cdef void _hold(self, Origin origin, Content content)


@cython.final
@cython.no_gc
cdef class TypingNotice(Message):
    cdef readonly bint recording


@cython.locals(event=TypingNotice)
cpdef TypingNotice typing_notice(Origin origin, Content content, bint recording)


@cython.final
@cython.no_gc
cdef class Nudge(Message):
    pass


@cython.locals(event=Nudge)
cpdef Nudge nudge(Origin origin, Content content)


@cython.final
@cython.no_gc
cdef class ActionText(Message):
    cdef readonly str text


@cython.locals(event=ActionText)
cpdef ActionText action_text(Origin origin, Content content, str text)


@cython.final
cdef class Sending(Message):
    cdef readonly str kind
    cdef readonly str text
    cdef readonly object details
    cdef readonly str identity
    cdef readonly str recipient
    cdef readonly str transfer
    cdef readonly object file


@cython.locals(event=Sending)
cpdef Sending sending(Origin origin, Content content, str kind, object details, str text, str identity)


cpdef Sending addressed(Sending event, str recipient, str transfer, object file=*)


@cython.final
@cython.no_gc
cdef class FileOctets(Message):
    cdef readonly str recipient
    cdef readonly str transfer
    cdef readonly long long offset
    cdef readonly bytes octets


@cython.locals(event=FileOctets)
cpdef FileOctets file_octets(
    Origin origin, Content content, str recipient, str transfer, long long offset, bytes octets
)


@cython.final
@cython.no_gc
cdef class TextMessage(Message):
    cdef readonly tuple known
    cdef readonly long long length
    cdef readonly long long parts
    cdef readonly long long parts_missing
    cdef public object extra
    cdef str _text
    cdef str _charset
    cdef str _message_id
    cdef object _runs

    @cython.locals(content=Content, whole=bytes)
    cdef _decode(self)
    cpdef tuple read(self)


@cython.locals(event=TextMessage)
cpdef TextMessage text_message(Origin origin, Content content)


@cython.locals(event=TextMessage)
cpdef TextMessage text_in_parts(
    Origin origin,
    Content first,
    object runs,
    tuple pieces,
    long long length,
    long long missing,
    str message_id,
    long long parts,
    long long parts_missing,
)

# The C types of handlers_messages.py.

cimport cython

from msnp.frames cimport Frame
from msnp.mime cimport Content, Headers, Heads, whole_content
from msnp.state cimport State
from msnp.utterances cimport Origin, TextMessage, origin_of, own_origin, text_message, typing_notice


cdef int _QUESTION_MARK


@cython.locals(origin=Origin, content=Content, word=bytes)
cpdef handler_msn_msg(State state, Frame line)
@cython.locals(kind=str, event=TextMessage, whole=bytes)
cdef _handle_content(State state, Origin origin, Content content)
@cython.locals(word=bytes)
cdef Origin _origin_of(State state, Frame line)
@cython.locals(source=bytes, octets="const char *", at=Py_ssize_t, stop=Py_ssize_t, headers=Headers)
cdef Content _content_of(State state, Frame line)
@cython.locals(header=str, named=str)
cpdef _handle_control(State state, Origin origin, Content content)
@cython.locals(headers=Headers)
cpdef bint is_silent(State state, bint from_client, bytes source, Py_ssize_t at, Py_ssize_t stop) except -1

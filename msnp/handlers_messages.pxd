# The C types of handlers_messages.py.

cimport cython

from msnp.frames cimport Frame
from msnp.mime cimport Content, Headers, Heads
from msnp.state cimport State
from msnp.utterances cimport Origin


@cython.locals(origin=Origin, content=Content, headers=Headers, word=bytes)
cpdef handler_msn_msg(State state, Frame line)
@cython.locals(word=bytes)
cdef Origin _origin_of(State state, Frame line)
@cython.locals(source=bytes, at=Py_ssize_t, stop=Py_ssize_t, headers=Headers)
cdef Content _content_of(State state, Frame line)
cpdef _handle_control(State state, Origin origin, Content content)
@cython.locals(headers=Headers)
cpdef bint is_silent(State state, bint from_client, bytes source, Py_ssize_t at, Py_ssize_t stop) except -1

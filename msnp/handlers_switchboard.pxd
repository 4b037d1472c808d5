# The C types of handlers_switchboard.py.

from msnp.frames cimport Frame
from msnp.state cimport State
from msnp.utterances cimport acknowledged


cpdef handler_msn_ack(State state, Frame line)

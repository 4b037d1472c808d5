# The C types of plausibility.py, which runs without them too.

cimport cython

from reassembly.assembler cimport Assembler
from reassembly.connection cimport Direction
from reassembly.sequence cimport distance


cdef long long _UNKNOWN


@cython.locals(other=Direction, assembler=Assembler, sequence="long long", acknowledgment="long long",
               flags=cython.int, payload=bytes, ahead="long long", apart="long long")
cpdef long long nearness(Direction direction, tuple segment, limits) except? -2
@cython.locals(assembler=Assembler)
cpdef bint behind(Direction direction, long long sequence, limits) except -1
cpdef bint keep_alive(int flags, bytes payload, long long cut) except -1
cpdef bint tells_nothing(tuple segment) except -1

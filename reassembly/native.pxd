# The C types of native.py, which runs without them too.

cimport cython

from capture.block cimport Block, Entry
from reassembly.connection cimport Connection, Direction
from reassembly.copies cimport Copies
from reassembly.counters cimport Counters
from reassembly.events cimport stream_data
from reassembly.plain cimport Plain
from reassembly.plausibility cimport tells_nothing
from reassembly.reception cimport Reception
from reassembly.table cimport Table
from reassembly.timers cimport Timers
from reassembly.waits cimport Waits


@cython.final
cdef class NativeEngine:
    cdef public Counters counters
    cdef object _callback, _clocks, _read
    cdef readonly object _reader
    cdef long long _clock, _latest, _step, _time, _number
    cdef str _source
    cdef Copies _copies
    cdef readonly dict _directions
    cdef bint _long_way, _separate
    cdef Plain _plain
    cdef Reception _reception
    cdef Table _table
    cdef readonly Timers _timers
    cdef readonly Waits _waits

    @cython.locals(key=bytes, payload=bytes, path=bytes, direction=Direction, flags=cython.int)
    cpdef feed(self, packet)
    @cython.locals(plain=Plain, counters=Counters, entries="Entry *", octets="const unsigned char *",
                   at=Py_ssize_t, direction=Direction, payload=bytes)
    cdef _feed_block(self, Block block)
    @cython.locals(ahead="long long")
    cdef _come_to(self, long long time)
    @cython.locals(connection=Connection)
    cdef bint _sail(
        self, Direction direction, unsigned int sequence, unsigned int acknowledgment, int flags, bytes payload,
        int ident
    ) except -1
    @cython.locals(connection=Connection)
    cdef bint _pass_by(self, Direction direction, unsigned int sequence, int flags, Py_ssize_t length) except -1
    cdef tuple _now(self)
    cdef _begin(self, tuple segment)
    cdef _segment(self, Direction direction, tuple segment)

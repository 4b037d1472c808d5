# The two classes that a callback sees; part of nids.pyx.

cdef class HalfStream:
    """What one end receives: ``stream.server`` holds what the client sent. Readable inside the callback only."""

    cdef half_stream *half
    cdef half_stream *sender
    cdef list late
    """Segments that wait behind a hole: (sequence number, octets, mark)."""
    cdef int queued
    """libnids' account of what waits, after the last segment."""
    cdef int64_t fin
    """Sequence number of the sender's FIN; -1 before libnids has taken one."""
    cdef object fin_mark

    def __cinit__(self):
        self.late = []
        self.fin = -1

    cdef half_stream *there(self) except NULL:
        if self.half == NULL:
            raise error("a stream can be read inside its callback only")
        return self.half

    @property
    def collect(self):
        """Whether its octets are collected and called back; set it in NIDS_JUST_EST."""
        return self.there().collect != 0

    @collect.setter
    def collect(self, bint wanted):
        self.there().collect = wanted

    @property
    def collect_urg(self):
        """The same for urgent octets, which libnids takes out of the stream."""
        return self.there().collect_urg != 0

    @collect_urg.setter
    def collect_urg(self, bint wanted):
        self.there().collect_urg = wanted

    @property
    def state(self):
        """libnids' number for the state of the TCP connection at this end."""
        return self.there().state

    @property
    def count(self):
        """Octets since the handshake."""
        return self.there().count

    @property
    def count_new(self):
        """Of these, new in this callback."""
        return self.there().count_new

    @property
    def count_new_urg(self):
        """1 if ``urgdata`` is new in this callback."""
        return self.there().count_new_urg

    @property
    def offset(self):
        """Position in the stream of the first octet of ``data``."""
        return self.there().offset

    @property
    def data(self):
        """Octets that are new or were not discarded before: ``count - offset`` of them, the newest last."""
        cdef half_stream *half = self.there()
        if half.data == NULL:
            return b""
        return half.data[: half.count - half.offset]

    @property
    def urgdata(self):
        """The urgent octet."""
        return bytes((self.there().urgdata,))

    # What pynids has not.

    @property
    def sequence(self):
        """TCP sequence number of the first new octet, urgent or not."""
        cdef half_stream *half = self.there()
        return <uint32_t> (expected(half, self.sender) - (0 if half.count_new_urg else half.count_new))

    @property
    def finished(self):
        """True when libnids has taken the sender's FIN."""
        self.there()
        return self.fin >= 0

    @property
    def finished_by(self):
        """The mark of the frame that brought the FIN."""
        self.there()
        return self.fin_mark

    @property
    def missing(self):
        """Octets that were captured, or that this end has acknowledged, and that libnids has not delivered: a hole,
        and what lies behind it."""
        cdef half_stream *half = self.there()
        cdef uint32_t next = expected(half, self.sender)
        cdef int32_t ahead = <int32_t> (half.ack_seq - next)
        cdef uint32_t start, length
        if self.fin >= 0 and half.ack_seq == <uint32_t> (self.fin + 1):
            ahead -= 1  # the FIN counts as one (RFC 9293 §3.4)
        for start, length, _ in self.late:
            ahead = max(ahead, <int32_t> (start + length - next))
        return max(0, ahead)


cdef bint has_finished(half_stream *sender) noexcept:
    return sender.state == FIN_BEYOND_HOLE or sender.state == FIN_SENT or sender.state == FIN_CONFIRMED


cdef uint32_t expected(half_stream *half, half_stream *sender) noexcept:
    """Sequence number of the next octet. libnids counts urgent ones apart."""
    return sender.first_data_seq + <uint32_t> half.count + <uint32_t> half.urg_count


cdef class TcpStream:
    """A connection, the same object from NIDS_JUST_EST to its end."""

    cdef readonly tuple addr
    """((client address, port), (server address, port))"""
    cdef readonly int nids_state
    cdef readonly HalfStream client
    cdef readonly HalfStream server
    cdef readonly object mark
    """What `feed` was given with the frame that brought the new octets, or that led to this callback."""
    cdef readonly object started
    """Time of the connection's SYN, nanoseconds since 1970 UTC."""
    cdef tcp_stream *stream

    def discard(self, int number):
        """Let libnids forget only the first ``number`` octets of ``data``; the rest is there again next time."""
        if self.stream == NULL:
            raise error("a stream can be read inside its callback only")
        if number < 0:
            raise error("only 0 or more octets can be discarded")
        nids_discard(self.stream, number)

# cython: language_level=3, boundscheck=False, wraparound=False
"""Debian's libnids 1.26 with the interface of pynids, fed packet by packet.

    nids.param("n_tcp_streams", 20_000)
    nids.chksum_ctl([("0.0.0.0/0", False)])
    nids.init()
    nids.register_tcp(callback)         # callback(stream) for every change of a connection
    nids.feed(time, octets, link_type)  # for each frame
    nids.exit()

The callback is called as pynids calls it: in state NIDS_JUST_EST it sets ``collect`` of the half-streams that it
wants to hear, in NIDS_DATA the one with ``count_new`` has new octets, and the connection is over in NIDS_CLOSE,
NIDS_RESET, NIDS_TIMED_OUT and NIDS_EXITING. `HalfStream` and `TcpStream` can be read inside the callback only:
behind it libnids may have freed what they show. What a callback raises comes out of the `feed` or `exit` that led
to it.

What pynids has and this has not: capture of its own (``device``, ``filename``, ``run``, ``next``, ``getfd``; packets
come from ``capture``), UDP and IP callbacks, scan detection, and ``kill``: it sends packets; a sensor sends none.

libnids trusts its input more than a tap can, so nothing reaches it that `Sieve` has not looked at, and all of it is
copied (libnids writes into IP options) in front of zeros. The pieces of a datagram reach it when all are there and
not before: on its own it reads up to 8 octets beyond a piece that has fewer than 8, forgets by the wall clock, and
leaves behind at its exit what the next init stumbles over. Its times never go back: a step back would double an
entry in its list of time-outs, and it would use the second when the first had freed what both are about.

libnids keeps one state for the process: one user at a time, one thread.
"""

from ipaddress import IPv4Network

from libc.stdint cimport int32_t, int64_t, uint32_t, uintptr_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from reassembly.nids_h cimport *
from reassembly.sieve import Fate, Sieve, bare_header


NIDS_JUST_EST = C_JUST_EST
NIDS_DATA = C_DATA
NIDS_CLOSE = C_CLOSE
NIDS_RESET = C_RESET
NIDS_TIMED_OUT = NIDS_TIMEOUT = C_TIMED_OUT
NIDS_EXITING = C_EXITING
NIDS_FORGOTTEN = C_EXITING + 1
"""Not libnids': it dropped the connection without a word, for a SYN with the same addresses and ports (see
``tcp_flow_timeout``). Told when its place is taken again."""

cdef enum:
    MOST = 65535  # octets of an IPv4 datagram (RFC 791 §3.1)
    SLACK = 64  # zeros behind it
    FIN = 0x01
    SYN = 0x02
    ACK = 0x10
    # How libnids says in a half-stream's state that its end has finished (TCP_CLOSING and two of its own).
    FIN_BEYOND_HOLE = 11
    FIN_SENT = 120
    FIN_CONFIRMED = 121


class error(Exception):
    """Whatever goes wrong here, with a line that says what."""


cdef struct Parameter:
    int *place
    int least
    int most

cdef Parameter parameter(str name) except *:
    """The settable ones, and what libnids survives. With more in the third and fourth it would throw pieces away in
    the middle of a datagram: it holds 256 KiB for a host, these two counted for each piece (see `Pieces`)."""
    cdef Parameter found
    if name == "n_tcp_streams":
        found = Parameter(&nids_params.n_tcp_streams, 2, 10_000_000)
    elif name == "n_hosts":
        found = Parameter(&nids_params.n_hosts, 1, 1_000_000)
    elif name == "sk_buff_size":
        found = Parameter(&nids_params.sk_buff_size, 0, 168)
    elif name == "dev_addon":
        found = Parameter(&nids_params.dev_addon, -1, 16)
    elif name == "scan_num_hosts":
        found = Parameter(&nids_params.scan_num_hosts, 0, 0)
    elif name == "tcp_workarounds":
        found = Parameter(&nids_params.tcp_workarounds, 0, 1)
    elif name == "tcp_flow_timeout":
        found = Parameter(&nids_params.tcp_flow_timeout, 0, 1_000_000_000)
    else:
        raise error(f"no parameter {name}")
    return found


include "nids_streams.pxi"

# The one state of the process.

cdef pcap_t *_handle = NULL
cdef nids_chksum_ctl *_rules = NULL
cdef pcap_pkthdr _header
cdef unsigned char _frame[MOST + SLACK]
cdef object _callback = None
cdef dict _streams = {}
cdef object _sieve = Sieve()
cdef object _pending = None
cdef bint _busy = False
cdef object _refused = None

# The segment in hand.
cdef object _mark = None
cdef int64_t _time = 0
cdef int64_t _clock = 0
cdef tuple4 _sender
cdef uint32_t _sequence = 0
cdef uint32_t _length = 0


def param(str name not None, value=None):
    """The value of a parameter of libnids; with ``value``, set it, before `init`.

    ``n_tcp_streams``: size of the table; three quarters of it are followed at once, then the one opened first is
    dropped. ``tcp_flow_timeout``: seconds from a connection's handshake from which on a SYN with the same addresses
    and ports begins a new one. ``tcp_workarounds`` 1: a connection that both ends have finished is over 10 seconds
    later though octets are missing. ``n_hosts``, ``sk_buff_size``, ``dev_addon``: see libnids. ``scan_num_hosts`` is
    0: nothing is done about scans.

    Raises:
        error: no such parameter, a value that libnids would not survive, or it is too late.
    """
    found = parameter(name)
    before = found.place[0]
    if value is not None:
        if _handle != NULL:
            raise error(f"libnids is in use: {name} can be set before init() only, and there is one for the process")
        if not found.least <= value <= found.most:
            raise error(f"{name} is from {found.least} to {found.most}")
        found.place[0] = value
    return before


def chksum_ctl(list rules not None):
    """Whose checksums are verified: [("192.0.2.0/24", True), ("0.0.0.0/0", False)], the first that fits the source
    address counts; those that none fits are verified."""
    global _rules
    cdef nids_chksum_ctl *fresh = NULL
    cdef int i
    networks = [(IPv4Network(prefix, strict=False), bool(verify)) for prefix, verify in rules]
    if networks:
        fresh = <nids_chksum_ctl *> malloc(len(networks) * sizeof(nids_chksum_ctl))
        if fresh == NULL:
            raise MemoryError
        for i, (network, verify) in enumerate(networks):
            # libnids compares in network order, whatever the machine's.
            octets = network.network_address.packed
            memcpy(&fresh[i].netaddr, <const char *> octets, 4)
            octets = network.netmask.packed
            memcpy(&fresh[i].mask, <const char *> octets, 4)
            fresh[i].action = NIDS_DO_CHKSUM if verify else NIDS_DONT_CHKSUM
    nids_register_chksum_ctl(fresh, len(networks))
    free(_rules)
    _rules = fresh


def init():
    """Set libnids up.

    Raises:
        error: it is in use, or will not start.
    """
    global _handle, _sieve, _clock, _pending
    if _handle != NULL:
        raise error("libnids is in use: it has one state for the process, which exit() gives back")
    handle = pcap_open_dead(DLT_RAW, MOST)
    if handle == NULL:
        raise MemoryError
    nids_params.pcap_desc = handle
    nids_params.device = nids_params.filename = nids_params.pcap_filter = NULL
    nids_params.promisc = nids_params.multiproc = nids_params.one_loop_less = nids_params.scan_num_hosts = 0
    nids_params.syslog = <void (*)() noexcept> on_warning
    if not nids_init():
        nids_exit()
        pcap_close(handle)
        raise error(f"libnids will not start: {nids_errbuf.decode(errors='replace')}")
    nids_register_tcp(<void *> on_tcp)
    _handle = handle
    _sieve = Sieve()
    _clock = 0
    _pending = None
    _streams.clear()


def register_tcp(callback not None):
    """Have ``callback(stream)`` called for every change of a connection; it replaces the one before."""
    global _callback
    _callback = callback


def feed(int64_t time, bytes octets not None, int link_type=1, mark=None):
    """Hand a frame to libnids; its callbacks are done when this returns.

    Args:
        time: nanoseconds since 1970 UTC, libnids' only clock. One that goes back counts as no later than before.
        octets: the frame as captured.
        link_type: LINKTYPE_ number: Ethernet with any tags, null and loopback, PPP, raw, cooked v1 and v2.
        mark: anything; `TcpStream.mark` is it when the octets of this frame are called back, be it later.

    Returns:
        The frame's `Fate`.

    Raises:
        error: before `init`, or inside a callback.
        Whatever a callback raised.
    """
    global _mark, _refused, _sequence, _length, _time
    idle()
    fate, datagrams, sender, sequence, flags, length = _sieve.sift(time, octets, link_type)
    if not datagrams:
        return fate
    cdef const unsigned char *ends = sender
    memcpy(&_sender.saddr, ends, 4)
    memcpy(&_sender.daddr, ends + 4, 4)
    _sender.source = ends[8] << 8 | ends[9]
    _sender.dest = ends[10] << 8 | ends[11]
    _time, _mark, _sequence, _length = time, mark, sequence, length
    _refused = None
    for datagram in datagrams:
        hand_over(datagram)
        if _refused is not None:
            fate = _refused
            break
    if len(datagrams) > 1:
        hand_over(bare_header(datagrams[0]))
    if flags & (SYN | ACK) == SYN:
        note_beginning()
    elif length or flags & FIN:
        note_waiting(flags & FIN)
    _mark = None
    raise_pending()
    return fate


def advance(int64_t time):
    """Time has come to ``time`` without a frame: what libnids has waited for long enough ends.

    Raises:
        error: before `init`, or inside a callback.
        Whatever a callback raised.
    """
    global _length, _time
    idle()
    _length = 0
    _time = time
    hand_over(b"")
    raise_pending()


def pieces():
    """The `Pieces` of fragmented datagrams, for its counts."""
    return _sieve.pieces


def exit():
    """Give libnids back: NIDS_EXITING for each connection that it follows, in no order. Then `init` may come again.

    Raises:
        error: inside a callback.
        Whatever a callback raised.
    """
    global _handle, _busy, _callback, _length
    if _handle == NULL:
        return
    idle()
    _length = 0
    _busy = True
    nids_exit()
    _busy = False
    pcap_close(_handle)
    _handle = nids_params.pcap_desc = NULL
    _callback = None
    _sieve.pieces.close()
    _streams.clear()
    raise_pending()


cdef int idle() except -1:
    if _handle == NULL:
        raise error("libnids is not in use: call init() first")
    if _busy:
        raise error("libnids is at work: not inside a callback")
    return 0


cdef int raise_pending() except -1:
    global _pending
    if _pending is not None:
        failure, _pending = _pending, None
        raise failure
    return 0


cdef void hand_over(bytes datagram) noexcept:
    global _clock, _busy
    cdef Py_ssize_t length = len(datagram)
    _clock = max(_clock, _time, 0)
    _header.ts.tv_sec = _clock // 1_000_000_000
    _header.ts.tv_usec = _clock % 1_000_000_000 // 1_000
    _header.caplen = _header.len = <bpf_u_int32> length
    memcpy(_frame, <const char *> datagram, length)
    memset(_frame + length, 0, SLACK)
    _busy = True
    nids_pcap_handler(NULL, &_header, _frame)
    _busy = False


cdef void note_beginning() noexcept:
    """Keep the time of a SYN with its connection, in the field that libnids leaves to its user."""
    cdef tcp_stream *stream = nids_find_tcp_stream(&_sender)
    if stream != NULL and stream.user == NULL:
        stream.user = <void *> <uintptr_t> _time


cdef int note_waiting(bint finishes) except -1:
    """If libnids put the segment in hand behind a hole, remember whose octets will come out of it."""
    cdef tuple4 reversed
    cdef TcpStream followed
    cdef HalfStream half
    cdef int queued
    cdef tcp_stream *stream = nids_find_tcp_stream(&_sender)
    cdef bint from_client = stream != NULL
    if stream == NULL:
        reversed = tuple4(source=_sender.dest, dest=_sender.source, saddr=_sender.daddr, daddr=_sender.saddr)
        stream = nids_find_tcp_stream(&reversed)
    followed = _streams.get(<uintptr_t> stream)
    if followed is None:
        return 0
    half = followed.server if from_client else followed.client
    queued = stream.server.rmem_alloc if from_client else stream.client.rmem_alloc
    if queued == 0:
        half.late.clear()
    elif queued > half.queued:
        half.late.append((_sequence, _length, _mark))
    half.queued = queued
    if finishes and half.fin < 0 and has_finished(&stream.client if from_client else &stream.server):
        half.fin = <uint32_t> (_sequence + _length)
        half.fin_mark = _mark
    return 0


cdef object mark_of(HalfStream half):
    """The mark of the segment whose octets are called back: the one in hand, or the first that holds them of those
    that waited, for libnids goes through these in the order of their numbers."""
    cdef uint32_t sequence, start, length
    cdef int64_t furthest = -1
    found = _mark
    if half.half.count_new == 0 and half.half.count_new_urg == 0:
        return found
    sequence = half.sequence
    if sequence - _sequence < _length:
        return found
    for start, length, mark in half.late:
        if sequence - start < length and sequence - start > furthest:
            furthest, found = sequence - start, mark
    return found


cdef void on_warning(int kind, int number, void *ip, void *data) noexcept:
    """In the place of libnids' syslog: nothing is written anywhere."""
    global _refused
    # What else these complain of was looked at before.
    if number == NIDS_WARN_IP_HDR or number == NIDS_WARN_TCP_HDR:
        _refused = Fate.BAD_CHECKSUM
    elif number == NIDS_WARN_IP_SRR:
        _refused = Fate.MALFORMED  # options that contradict themselves, or a source route


cdef void on_tcp(tcp_stream *stream, void **unused) noexcept:
    global _pending
    try:
        change(stream)
    except BaseException as failure:
        if _pending is None:
            _pending = failure


cdef int change(tcp_stream *stream) except -1:
    cdef TcpStream followed
    key = <uintptr_t> stream
    state = stream.nids_state
    if state == C_JUST_EST:
        forgotten = _streams.pop(key, None)
        if forgotten is not None:
            call(forgotten, NULL, NIDS_FORGOTTEN)
        followed = TcpStream()
        addr = stream.addr
        followed.addr = ((dotted(addr.saddr), addr.source), (dotted(addr.daddr), addr.dest))
        followed.started = <uintptr_t> stream.user if sizeof(void *) >= 8 and stream.user != NULL else _time
        followed.client = HalfStream()
        followed.server = HalfStream()
        _streams[key] = followed
    elif state == C_DATA:
        followed = _streams[key]
    else:
        followed = _streams.pop(key)
    call(followed, stream, state)
    if not (listens(&stream.client) or listens(&stream.server)):
        _streams.pop(key, None)
    return 0


cdef bint listens(half_stream *half) noexcept:
    return half.collect or half.collect_urg


cdef int call(TcpStream followed, tcp_stream *stream, int state) except -1:
    """Call back, unless a callback of this frame has raised already."""
    if _pending is not None or _callback is None:
        return 0
    followed.nids_state = state
    followed.stream = stream
    followed.mark = _mark
    if stream != NULL:
        followed.client.half = followed.server.sender = &stream.client
        followed.server.half = followed.client.sender = &stream.server
        if followed.client.late or followed.server.late:
            from_client = stream.server.count_new or stream.server.count_new_urg
            followed.mark = mark_of(followed.server if from_client else followed.client)
    try:
        _callback(followed)
    finally:
        followed.stream = NULL
        followed.client.half = followed.client.sender = NULL
        followed.server.half = followed.server.sender = NULL
    return 0


cdef str dotted(unsigned int address):
    cdef unsigned char *octets = <unsigned char *> &address
    return f"{octets[0]}.{octets[1]}.{octets[2]}.{octets[3]}"

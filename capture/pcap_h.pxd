# What of libpcap is used. Structures name only the fields that are; the compiler knows the rest.

from libc.stdio cimport FILE
from posix.time cimport timeval


cdef extern from "pcap/pcap.h" nogil:
    ctypedef unsigned char u_char
    ctypedef unsigned int u_int
    ctypedef unsigned int bpf_u_int32
    ctypedef struct pcap_t:
        pass
    struct bpf_insn:
        pass
    struct bpf_program:
        u_int bf_len
        bpf_insn *bf_insns
    struct pcap_pkthdr:
        timeval ts
        bpf_u_int32 caplen
        bpf_u_int32 len
    struct pcap_stat:
        u_int ps_recv
        u_int ps_drop
        u_int ps_ifdrop
    ctypedef void (*pcap_handler)(u_char *user, const pcap_pkthdr *header, const u_char *octets) noexcept nogil

    enum: PCAP_ERRBUF_SIZE
    enum: PCAP_ERROR
    bpf_u_int32 PCAP_NETMASK_UNKNOWN
    enum: PCAP_TSTAMP_PRECISION_NANO

    pcap_t *pcap_create(const char *device, char *error)
    int pcap_set_snaplen(pcap_t *handle, int octets)
    int pcap_set_promisc(pcap_t *handle, int on)
    int pcap_set_timeout(pcap_t *handle, int milliseconds)
    int pcap_set_buffer_size(pcap_t *handle, int octets)
    int pcap_set_tstamp_precision(pcap_t *handle, int precision)
    int pcap_get_tstamp_precision(pcap_t *handle)
    int pcap_activate(pcap_t *handle)
    int pcap_setnonblock(pcap_t *handle, int on, char *error)
    int pcap_fileno(pcap_t *handle)
    FILE *pcap_file(pcap_t *handle)
    int pcap_get_selectable_fd(pcap_t *handle)
    int pcap_datalink(pcap_t *handle)
    int pcap_compile(
        pcap_t *handle, bpf_program *program, const char *expression, int optimize, bpf_u_int32 netmask
    )
    void pcap_freecode(bpf_program *program)
    int pcap_setfilter(pcap_t *handle, bpf_program *program)
    int pcap_dispatch(pcap_t *handle, int count, pcap_handler callback, u_char *user)
    int pcap_stats(pcap_t *handle, pcap_stat *counters)
    pcap_t *pcap_open_offline_with_tstamp_precision(const char *name, u_int precision, char *error)
    char *pcap_geterr(pcap_t *handle)
    const char *pcap_statustostr(int status)
    void pcap_close(pcap_t *handle)

    u_int bpf_filter(const bpf_insn *program, const u_char *octets, u_int wire_length, u_int captured)

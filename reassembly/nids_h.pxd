# What of libpcap and libnids is used. Structures name only the fields that are; the compiler knows the rest.

from posix.time cimport timeval


cdef extern from "pcap.h" nogil:
    ctypedef struct pcap_t:
        pass
    ctypedef unsigned char u_char
    ctypedef unsigned int bpf_u_int32
    struct pcap_pkthdr:
        timeval ts
        bpf_u_int32 caplen
        bpf_u_int32 len
    int DLT_RAW
    pcap_t *pcap_open_dead(int link_type, int snaplen)
    void pcap_close(pcap_t *handle)


cdef extern from "nids.h":
    enum: C_JUST_EST "NIDS_JUST_EST"
    enum: C_DATA "NIDS_DATA"
    enum: C_CLOSE "NIDS_CLOSE"
    enum: C_RESET "NIDS_RESET"
    enum: C_TIMED_OUT "NIDS_TIMED_OUT"
    enum: C_EXITING "NIDS_EXITING"
    enum: NIDS_DO_CHKSUM
    enum: NIDS_DONT_CHKSUM
    enum: NIDS_WARN_IP_HDR
    enum: NIDS_WARN_IP_SRR
    enum: NIDS_WARN_TCP_HDR

    struct tuple4:
        unsigned short source
        unsigned short dest
        unsigned int saddr
        unsigned int daddr

    struct half_stream:
        char state
        char collect
        char collect_urg
        char *data
        int offset
        int count
        int count_new
        int rmem_alloc
        int urg_count
        unsigned int ack_seq
        unsigned int first_data_seq
        unsigned char urgdata
        unsigned char count_new_urg

    struct tcp_stream:
        tuple4 addr
        char nids_state
        half_stream client
        half_stream server
        void *user

    struct nids_prm:
        int n_tcp_streams
        int n_hosts
        char *device
        char *filename
        int sk_buff_size
        int dev_addon
        void (*syslog)() noexcept
        int scan_num_hosts
        char *pcap_filter
        int promisc
        int one_loop_less
        int multiproc
        int tcp_workarounds
        pcap_t *pcap_desc
        int tcp_flow_timeout

    struct nids_chksum_ctl:
        unsigned int netaddr
        unsigned int mask
        unsigned int action

    nids_prm nids_params
    char *nids_errbuf
    int nids_init()
    void nids_exit()
    void nids_register_tcp(void *callback)
    void nids_register_chksum_ctl(nids_chksum_ctl *rules, int number)
    void nids_pcap_handler(u_char *user, pcap_pkthdr *header, u_char *data)
    void nids_discard(tcp_stream *stream, int number)
    tcp_stream *nids_find_tcp_stream(tuple4 *addr)

# The C types of counters.py, which runs without them too.

cimport cython


@cython.final
cdef class Counters:
    cdef public long long bad_checksum, buffered, buffered_peak, buffered_segments, clock_steps, datagrams_joined
    cdef public long long duplicates, evicted, flows, flows_now, flows_peak, fragments, fragments_dropped
    cdef public long long gap_octets, gaps, idle, implausible
    cdef public long long in_erspan, in_geneve, in_gre, in_gtpu, in_ip_in_ip, in_mpls, in_pppoe, in_stacked_vlans
    cdef public long long in_tzsp, in_vlan, in_vxlan
    cdef public long long late_octets, malformed, mid_stream, not_ip, not_tcp, one_direction, overlapping
    cdef public long long overlaps_conflicting, packets, retransmitted, reused, tcp_segments, too_nested, truncated
    cdef public long long unknown_link, unseen_acknowledged

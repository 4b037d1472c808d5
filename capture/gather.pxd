# Accepted packets, and a sample of refused ones, into the memory of a block; for what reads packets in C.
#
# What all compiled sources do with a frame stands here once: number it, put it to the filter, copy it or count it.

from libc.string cimport memcpy

from capture.block cimport Entry
from capture.pcap_h cimport bpf_filter, bpf_insn


cdef struct Gather:
    const bpf_insn *program  # the filter; NULL accepts everything
    long long number  # of packets so far
    Entry *entries  # what was accepted …
    Py_ssize_t count
    Py_ssize_t room
    unsigned char *memory  # … and its octets
    size_t used
    size_t size
    Entry *sample  # what was refused, as far as it is wanted
    Py_ssize_t sampled
    Py_ssize_t sample_room
    unsigned char *sample_memory
    size_t sample_octets  # of each packet in it


cdef inline Entry *gather(
    Gather *into, const unsigned char *frame, unsigned int captured, unsigned int wire
) noexcept nogil:
    """The entry that a frame gets, without its time; NULL if it gets none.

    ``number`` tells the two reasons apart: it stays as it was if there was no room left, and nothing was done.
    """
    cdef Entry *entry
    if bpf_filter(into.program, frame, wire, captured):
        if into.count == into.room or into.size - into.used < captured:
            return NULL
        entry = &into.entries[into.count]
        entry.octets = into.memory + into.used
        entry.length = captured
        memcpy(into.memory + into.used, frame, captured)
        into.used += captured
        into.count += 1
    elif into.sample_room == 0:
        into.number += 1
        return NULL
    else:
        if into.sampled == into.sample_room:
            return NULL
        entry = &into.sample[into.sampled]
        entry.octets = into.sample_memory + into.sampled * into.sample_octets
        entry.length = min(captured, into.sample_octets)
        memcpy(<void *> entry.octets, frame, entry.length)
        into.sampled += 1
    into.number += 1
    entry.number = into.number
    entry.wire_length = wire
    return entry

# The C types of front.py, which runs without them too.

cimport cython

from reassembly.events cimport Flow, StreamData


cdef class Front:
    cdef public object engine
    cdef readonly long long faults
    cdef readonly dict _by_port
    cdef readonly dict learnt
    cdef dict _decoders, _receivers, _probes, _totals
    cdef object _make, _prober
    cdef bint _again
    cdef long long _most, _gaps, _gap_octets

    @cython.locals(data=StreamData, flow=Flow)
    cpdef _on_stream_event(self, event)
    cdef _receiver(self, Flow flow)
    cdef _give_up(self, Flow flow, fault)

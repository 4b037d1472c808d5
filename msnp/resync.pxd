# The C types of resync.py.

from msnp.lines cimport Lines


cdef class Resync(Lines):
    cdef readonly bint confirmed
    cdef public bint recognised
    cdef bint _edge
    cdef bint _beginning
    cdef long long _skipped
    cdef Py_ssize_t _skipped_lines
    cdef object _skip_mark
    cdef str _skip_reason

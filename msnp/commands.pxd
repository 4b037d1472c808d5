# The C types of commands.py.

from msnp.frames cimport Shape


cdef class Command(Shape):
    cdef readonly bytes name
    cdef readonly object notification
    cdef readonly object handler
    cdef readonly str label
    cdef readonly bint after_login
    cdef readonly bint utterance
    cdef readonly str versions

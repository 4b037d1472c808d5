# The C types of packing.py, which runs without them too.

cimport cython

from rcds_sniffer.events cimport Connection, Delivery, Event, Message, Seen, Typing

cdef Py_ssize_t MESSAGE, TYPING, DELIVERY

cdef class Packer:
    cdef readonly dict _known
    cdef Py_ssize_t _count

    @cython.locals(connection=Connection, known=list)
    cpdef pack(self, Event event, list out)

cdef class Unpacker:
    cdef readonly dict _connections

    @cython.locals(place=Py_ssize_t, connection=Connection)
    cpdef unpack(self, tuple packed)

@cython.locals(seen=Seen, message=Message, typing=Typing, delivery=Delivery)
cdef tuple _packed(Event event, object number)

@cython.locals(seen=Seen)
cdef Seen _seen(tuple packed)

@cython.locals(message=Message)
cdef Message _message(tuple packed, Connection connection)

@cython.locals(typing=Typing)
cdef Typing _typing(tuple packed, Connection connection)

@cython.locals(delivery=Delivery)
cdef Delivery _delivery(tuple packed, Connection connection)

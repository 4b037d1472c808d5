"""MSNP, the MSN Messenger protocol, read from the side: sans-IO.

Takes the octets of one connection with the marks of where they were seen; gives
:mod:`msnp.events`. Knows no packet, target, order or database.
"""

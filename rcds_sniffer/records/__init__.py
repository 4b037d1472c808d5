"""From events to communication records: who is recorded, and what happened once is recorded once.

Takes :mod:`rcds_sniffer.events`; gives :class:`~rcds_sniffer.records.record.CommunicationRecord`. Never sees an
octet of a packet, nor a database. :class:`~rcds_sniffer.records.recorder.Recorder` is the only place that asks
:mod:`rcds_sniffer.orders`, ahead of anything that is stored, logged or exported.
"""

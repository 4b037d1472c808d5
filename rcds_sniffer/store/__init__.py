"""The store: takes communication records, keeps each once, gives them back by filter.

:func:`open_store` takes a path (SQLite, the default) or an SQLAlchemy URL (PostgreSQL, MariaDB). Everything
that can go wrong with a database is a :class:`StoreError` whose message says what is wrong and how to mend
it.

The store knows records and nothing else: no protocol, no order, no rule about who may be recorded. Those were
applied by the recorder before a record reaches it.
"""

from rcds_sniffer.store.errors import StoreError
from rcds_sniffer.store.filter import RecordFilter
from rcds_sniffer.store.store import Store, TargetSummary, open_store

__all__ = ["RecordFilter", "Store", "StoreError", "TargetSummary", "open_store"]

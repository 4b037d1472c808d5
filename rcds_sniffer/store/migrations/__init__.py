"""The store's schema history, run by :mod:`rcds_sniffer.store.migrate`."""

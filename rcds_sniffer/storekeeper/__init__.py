"""The storekeeper: the process that has the keys and the database, beside the sensor, which has neither.

The sensor hears and knows nothing; the storekeeper knows and hears nothing. Between them go records one way,
orders in force the other, as JSON on two sockets: who takes over the sensor with hostile octets gets no further.
"""

from rcds_sniffer.storekeeper.errors import StorekeeperError
from rcds_sniffer.storekeeper.process import Storekeeper, started

__all__ = ["Storekeeper", "StorekeeperError", "started"]

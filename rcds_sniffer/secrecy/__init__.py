"""Keys, and what is sealed with them.

The master key comes from outside of the database: a file, the environment, a credential of the service manager. It
wraps one random key for each order, and these stand in a folder, the keyring, also outside of the database. What is
sealed under an order's key is lost to everybody when that key is destroyed.
"""

from rcds_sniffer.secrecy.errors import SecrecyError
from rcds_sniffer.secrecy.keyring import KeyDestroyed, Keyring
from rcds_sniffer.secrecy.keys import MasterKey, load_master_key, make_master_key
from rcds_sniffer.secrecy.memory import hide_memory
from rcds_sniffer.secrecy.permissions import check_private
from rcds_sniffer.secrecy.sealing import OrderKey

__all__ = [
    "KeyDestroyed",
    "Keyring",
    "MasterKey",
    "OrderKey",
    "SecrecyError",
    "check_private",
    "hide_memory",
    "load_master_key",
    "make_master_key",
]

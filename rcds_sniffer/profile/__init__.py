"""What the store knows of a target: takes its records in order of time, gives a :class:`Person`.

:func:`gather` reads them once, within memory that named limits bound; ``render`` shows it to people.
"""

from rcds_sniffer.profile.gathering import gather
from rcds_sniffer.profile.person import Person

__all__ = ["Person", "gather"]

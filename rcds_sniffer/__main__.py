"""``python -m rcds_sniffer``."""

from rcds_sniffer.cli import main

main()

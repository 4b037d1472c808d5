"""Sends the packets of a capture on an interface, as they are: ``python send.py CAPTURE INTERFACE``."""

import socket
import sys
import time

import dpkt

with open(sys.argv[1], "rb") as file, socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as line:
    line.bind((sys.argv[2], 0))
    for _, octets in dpkt.pcap.UniversalReader(file):
        line.send(octets)
        time.sleep(0.001)

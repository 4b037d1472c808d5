"""MSNP inside other protocols: the HTTP gateway, HTTP CONNECT, and SOCKS (reference 7)."""

from msnp.gateway.http import HttpLine
from msnp.gateway.socks import SocksLine
from msnp.gateway.streams import Opened, OpenPlain, OpenTunnel, Stream
from msnp.gateway.tunnels import Tunnels

__all__ = ["HttpLine", "OpenPlain", "OpenTunnel", "Opened", "SocksLine", "Stream", "Tunnels"]

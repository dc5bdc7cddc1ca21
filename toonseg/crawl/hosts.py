"""Which hosts may be talked to: those that a site's file names, and no private network behind their names."""

import ipaddress
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from toonseg.errors import CrawlError


def is_this_machine(host: str) -> bool:
    """Whether a host's name is one of the loopback's.

    >>> [is_this_machine(host) for host in ("127.0.0.1", "::1", "localhost", "comic.example")]
    [True, True, True, False]
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    number = _number(host)
    return number is not None and number.is_loopback


class Door:
    """Lets addresses of the allowed ``hosts`` through; ``local`` says that the site is on this machine."""

    def __init__(self, hosts: Collection[str], local: bool) -> None:
        self._hosts = frozenset(hosts)
        self._local = local
        self._private: dict[str, str] = {}

    def check(self, address: str) -> None:
        """Raise CrawlError when an address leads to another host, or into a private network."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https"):
            raise CrawlError(
                f"{address} is no address on the web: what a page's script makes (blob:) or its style "
                "holds cannot be fetched"
            )
        if host not in self._hosts:
            raise CrawlError(
                f"{address} is not on an allowed host ({', '.join(sorted(self._hosts))}): "
                "add its host to the site's file if it belongs there"
            )
        if self._local:
            return
        if host not in self._private:
            self._private[host] = _private_number(host)
        if self._private[host]:
            raise CrawlError(f"{address} leads to {self._private[host]}, an address of a private network")


def _private_number(host: str) -> str:
    """The first of a host's numbers that is not public; empty when all are, or when it has none."""
    try:
        found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        return ""  # who asks will be told that it cannot be reached
    numbers = [str(entry[4][0]) for entry in found]
    return next((number for number in numbers if not _is_public(number)), "")


def _is_public(text: str) -> bool:
    number = _number(text.partition("%")[0])
    return number is not None and number.is_global


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None

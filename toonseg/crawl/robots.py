"""What sites' robots.txt files allow (RFC 9309)."""

from urllib.parse import urlsplit

from protego import Protego

from toonseg.errors import CrawlError

MOST_BYTES = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB must be read
AGENT = "toonseg"


class Robots:
    """The rules of every origin that was asked for them."""

    def __init__(self) -> None:
        self._rules: dict[str, Protego | None] = {}

    def knows(self, address: str) -> bool:
        """Whether the rules for an address were noted."""
        return origin(address) in self._rules

    def note(self, address: str, status: int, body: bytes) -> None:
        """Note how an address's robots.txt was answered; the status is 0 when nobody did."""
        self._rules[origin(address)] = _rules(status, body)

    def check(self, address: str) -> None:
        """Raise CrawlError when the noted rules forbid ``address`` to us, or could not be had."""
        rules = self._rules[origin(address)]
        if rules is None:
            raise CrawlError(f"{file_of(address)} cannot be had, which forbids all: try again later")
        if not rules.can_fetch(address, AGENT):
            raise CrawlError(f"robots.txt forbids {address}")

    def delay_s(self, address: str) -> float:
        """Seconds that the site wants between two visits; 0 when it does not say."""
        rules = self._rules.get(origin(address))
        return float(rules.crawl_delay(AGENT) or 0) if rules else 0.0


def origin(address: str) -> str:
    """Scheme and host of an address.

    >>> origin("https://comic.example:81/a?b")
    'https://comic.example:81'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def file_of(address: str) -> str:
    """The address of the rules for an address."""
    return f"{origin(address)}/robots.txt"


def _rules(status: int, body: bytes) -> Protego | None:
    """The rules of an answer: all is allowed where there is no file, nothing where the server fails."""
    if 200 <= status < 300:
        return Protego.parse(body[:MOST_BYTES].decode("utf-8", errors="replace"))
    return Protego.parse("") if 400 <= status < 500 and status != 429 else None

"""What a site's robots.txt allows (RFC 9309)."""

from collections.abc import Callable
from urllib.parse import urlsplit

from protego import Protego

from toonseg.errors import CrawlError

MOST_BYTES = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB must be read
AGENT = "toonseg"

Fetch = Callable[[str], tuple[int, bytes]]


class Robots:
    """The rules of every origin asked for, each fetched once.

    ``fetch`` gives an address's status (0 when nobody answered) and body.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._rules: dict[str, Protego | None] = {}

    def check(self, address: str) -> None:
        """Raise CrawlError when robots.txt forbids ``address`` to us, or cannot be had."""
        rules = self._of(address)
        if rules is None:
            raise CrawlError(
                f"{_origin(address)}/robots.txt cannot be had, which forbids all: try again later"
            )
        if not rules.can_fetch(address, AGENT):
            raise CrawlError(f"robots.txt forbids {address}")

    def delay_s(self, address: str) -> float:
        """Seconds that the site wants between two visits; 0 when it does not say."""
        rules = self._of(address)
        return float(rules.crawl_delay(AGENT) or 0) if rules else 0.0

    def _of(self, address: str) -> Protego | None:
        origin = _origin(address)
        if origin not in self._rules:
            self._rules[origin] = _rules(*self._fetch(f"{origin}/robots.txt"))
        return self._rules[origin]


def _rules(status: int, body: bytes) -> Protego | None:
    """The rules of an answer: all is allowed where there is no file, nothing where the server fails."""
    if 200 <= status < 300:
        return Protego.parse(body[:MOST_BYTES].decode("utf-8", errors="replace"))
    return Protego.parse("") if 400 <= status < 500 and status != 429 else None


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"

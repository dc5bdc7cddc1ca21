"""Where a browser went for one page, what it waits for and what it was refused, as its own log tells it."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from toonseg.crawl.manners import NOBODY, retry_after_s
from toonseg.crawl.sites import Site

_ASKED = ("XHR", "Fetch")  # what scripts ask for, as the log calls it
_OF_SCRIPTS = (*_ASKED, "Script")

log = logging.getLogger("toonseg.crawl")


@dataclass(frozen=True)
class Asked:
    """What a page's scripts asked for; ``kind`` is the log's word, ``body`` what they sent along."""

    kind: str
    address: str
    body: str


@dataclass
class Travel:
    """The way from an address to the page that is shown in the end.

    ``pause_s`` is how long the site wants to be left alone, ``fault`` why there is no page. ``awaited`` are
    the requests of the page's scripts that are not answered yet, by their ids; ``answers`` counts those that
    scripts asked for and were given, and ``failed`` holds those that came to nothing, with their statuses,
    until one like it succeeds. Hosts that are not allowed are no failures but ``refused``.
    """

    address: str
    site: Site
    pause_s: float = 0.0
    fault: str = ""
    awaited: dict[str, Asked] = field(default_factory=dict)
    answers: int = 0
    failed: dict[Asked, int] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    _frame: str = ""  # of the page itself, not of what is framed in it

    def follow(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """Read on in the log: messages of the DevTools protocol."""
        for message in messages:
            told = message["params"]
            match message["method"]:
                case "Network.requestWillBeSent":
                    self._asked(told)
                case "Network.responseReceived" if self._is_page(told):
                    self.pause_s = _pause_s(told)
                case "Network.responseReceived" if told["requestId"] in self.awaited:
                    self._answered(self.awaited[told["requestId"]], told)
                case "Network.loadingFinished":
                    asked = self.awaited.pop(told["requestId"], None)
                    self.answers += asked is not None and asked.kind in _ASKED
                case "Network.loadingFailed":
                    asked = self.awaited.pop(told["requestId"], None)
                    if asked and not told.get("canceled") and not told.get("blockedReason"):
                        self.failed[asked] = NOBODY
                    if self._is_page(told):
                        self.fault = told["errorText"]

    def _asked(self, told: Mapping[str, Any]) -> None:
        address = told["request"]["url"]
        if address.startswith("http"):
            log.info("browser: GET %s", address)
        if told.get("type") == "Document":
            self._frame = self._frame or told["frameId"]
        if self._is_page(told):
            self.address = address
            for of_the_page_before in (self.awaited, self.failed, self.refused):
                of_the_page_before.clear()
        elif told.get("type") in _OF_SCRIPTS:
            self._asked_by_script(told, address)

    def _asked_by_script(self, told: Mapping[str, Any], address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme in ("http", "https") and parts.hostname not in self.site.allowed_hosts:
            self.refused.add(parts.hostname or "")
            self.awaited.pop(told["requestId"], None)  # it was led there
        else:
            self.awaited[told["requestId"]] = Asked(
                told["type"], address, told["request"].get("postData", "")
            )

    def _answered(self, asked: Asked, told: Mapping[str, Any]) -> None:
        self.failed.pop(asked, None)
        if told["response"]["status"] >= 400:
            self.failed[asked] = told["response"]["status"]
            self.pause_s = max(self.pause_s, _pause_s(told))

    def _is_page(self, told: Mapping[str, Any]) -> bool:
        return told.get("type") == "Document" and told.get("frameId", self._frame) == self._frame


def _pause_s(told: Mapping[str, Any]) -> float:
    """How long an answer asks to be left alone."""
    headers = {name.lower(): value for name, value in told["response"]["headers"].items()}
    return retry_after_s(headers.get("retry-after", ""))

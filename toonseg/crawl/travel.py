"""Where a browser went for one page, and what it still waits for, as its own log tells it."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from toonseg.crawl.manners import retry_after_s

_ASKED = ("XHR", "Fetch")  # what scripts ask for, as the log calls it
_OF_SCRIPTS = (*_ASKED, "Script")

log = logging.getLogger("toonseg.crawl")


@dataclass
class Travel:
    """The way from an address to the page that is shown in the end.

    ``pause_s`` is how long the site wants to be left alone, ``fault`` why there is no page. ``awaited`` are
    the requests of the page's scripts that are not answered yet, by their ids, with their types; ``answers``
    counts those that scripts asked for and were given.
    """

    address: str
    pause_s: float = 0.0
    fault: str = ""
    awaited: dict[str, str] = field(default_factory=dict)
    answers: int = 0
    _frame: str = ""  # of the page itself, not of what is framed in it

    def follow(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """Read on in the log: messages of the DevTools protocol."""
        for message in messages:
            told = message["params"]
            match message["method"]:
                case "Network.requestWillBeSent":
                    self._asked(told)
                case "Network.responseReceived" if self._is_page(told):
                    headers = {name.lower(): value for name, value in told["response"]["headers"].items()}
                    self.pause_s = retry_after_s(headers.get("retry-after", ""))
                case "Network.loadingFinished":
                    self.answers += self.awaited.pop(told["requestId"], "") in _ASKED
                case "Network.loadingFailed":
                    self.awaited.pop(told["requestId"], None)
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
            self.awaited.clear()  # what the page before waited for
        elif told.get("type") in _OF_SCRIPTS:
            self.awaited[told["requestId"]] = told["type"]

    def _is_page(self, told: Mapping[str, Any]) -> bool:
        return told.get("type") == "Document" and told.get("frameId", self._frame) == self._frame

"""How a site is visited: who we say we are, whether we may come, how patient we are."""

import email.utils
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator

from toonseg import __version__
from toonseg.crawl.sites import Site
from toonseg.errors import CrawlError, ParamsError

NOBODY = 0  # the status where nobody answered


def is_contact(text: str) -> bool:
    """Whether a site's owner can write to ``text``: a mail or web address in ASCII."""
    return re.fullmatch(r"[!-~]+@[!-~]+\.[!-~]+|https?://[!-~]+", text) is not None


def _contact(text: str) -> str:
    if text and not is_contact(text):
        raise ValueError("must be a mail or web address in ASCII, or empty for the demo")
    return text


@dataclass(frozen=True)
class CrawlParams:
    """How a site is visited; params.yaml explains each field."""

    i_have_permission: bool
    contact: Annotated[str, AfterValidator(_contact)]
    connections: Annotated[int, Ge(1), Le(16)]
    delay_s: Annotated[float, Ge(0), Le(3600)]
    timeout_s: Annotated[float, Gt(0), Le(600)]
    retries: Annotated[int, Ge(0), Le(10)]
    back_off_s: Annotated[float, Ge(0)]
    most_wait_s: Annotated[float, Ge(0), Le(86_400)]


def require_permission(site: Site, params: CrawlParams) -> None:
    """Raise ParamsError, before anything is asked for, when a site on the Internet is not ours to visit."""
    if site.is_local:
        return
    if not params.i_have_permission:
        raise ParamsError(
            f"{site.host} is somebody else's: webtoons belong to their authors, and sites' terms forbid most "
            "crawlers; when you have permission, or the law's leave for research, set "
            "crawl.i_have_permission: true in params.yaml"
        )
    if not params.contact:
        raise ParamsError(
            f"{site.host} must be able to tell who comes: set crawl.contact in params.yaml, or contact of "
            "the series, to your mail or web address, which goes into the User-Agent"
        )


def user_agent(params: CrawlParams) -> str:
    """What we call ourselves, so that a site's owner can tell who comes and whom to write to."""
    contact = f" (+{params.contact})" if params.contact else ""
    return f"toonseg/{__version__}{contact}"


def may_pass(status: int) -> bool:
    """Whether an answer of this status may be another one a little later."""
    return status in (NOBODY, 429) or status >= 500


def back_off_s(attempt: int, params: CrawlParams) -> float:
    """Seconds to wait before the attempt numbered ``attempt``; 0 is the first, which does not wait."""
    return min(params.back_off_s * 2 ** (attempt - 1), params.most_wait_s) if attempt else 0.0


def retry_after_s(text: str) -> float:
    """Seconds that a Retry-After header asks for, as a number or a date; 0 where it says nothing."""
    if text.strip().isdecimal():
        return float(text)
    with suppress(ValueError, TypeError):
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return 0.0


class Pauses:
    """When each host may be asked again: what one answer's Retry-After says holds for all of its host."""

    def __init__(self, most_wait_s: float) -> None:
        self._most_wait_s = most_wait_s
        self._ready_at: dict[str, float] = {}

    def ask_for(self, address: str, pause_s: float) -> None:
        """Note that the host of ``address`` wants to be left alone for so long."""
        host = urlsplit(address).netloc
        self._ready_at[host] = max(self._ready_at.get(host, 0.0), time.monotonic() + pause_s)

    def left_s(self, address: str) -> float:
        """Seconds until the host may be asked. Raises CrawlError when they are more than the most."""
        left_s = max(0.0, self._ready_at.get(urlsplit(address).netloc, 0.0) - time.monotonic())
        if left_s > self._most_wait_s:
            raise CrawlError(
                f"{urlsplit(address).netloc} asks to come back in {left_s:.0f} s, more than crawl.most_wait_s"
            )
        return left_s

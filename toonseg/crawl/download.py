"""Bytes of pages over HTTP: a few connections a host, patient with faults that pass."""

import asyncio
import email.utils
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Annotated
from urllib.parse import urlsplit

import httpx
from annotated_types import Ge, Gt, Le

from toonseg import __version__
from toonseg.errors import CrawlError, ImageError
from toonseg.images import ImageFacts, verify

MOST_BYTES = 100_000_000  # of one page
NOBODY = 0  # the status where nobody answered
MOST_REDIRECTS = 5


@dataclass(frozen=True)
class CrawlParams:
    """How a site is visited; params.yaml explains each field."""

    contact: str
    connections: Annotated[int, Ge(1), Le(16)]
    delay_s: Annotated[float, Ge(0)]
    timeout_s: Annotated[float, Gt(0)]
    retries: Annotated[int, Ge(0), Le(10)]
    back_off_s: Annotated[float, Ge(0)]
    most_wait_s: Annotated[float, Ge(0)]


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


@dataclass(frozen=True)
class Answer:
    """How a request ended. ``fault`` says why it is of no use, ``again`` whether to try once more."""

    status: int
    body: bytes = b""
    fault: str = ""
    again: bool = False
    facts: ImageFacts | None = None


class Downloader:
    """A client that talks to ``hosts`` only; use it as a context.

    ``transport`` takes the network's place, for those who have none.
    """

    def __init__(
        self, params: CrawlParams, hosts: frozenset[str], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._params = params
        self._hosts = hosts
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._ready_at: dict[str, float] = {}
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            headers={"User-Agent": user_agent(params)},
            timeout=params.timeout_s,
            follow_redirects=True,
            max_redirects=MOST_REDIRECTS,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=params.connections),
            event_hooks={"request": [self._refuse_strangers]},  # called for each redirect too
            mounts={"all://127.0.0.1": None, "all://localhost": None},  # never through a proxy
            transport=transport,
        )

    def __enter__(self) -> "Downloader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def images(self, addresses: Sequence[str], referer: str) -> list[tuple[ImageFacts, bytes]]:
        """Fetch images, each address once, in the order given; each is decoded to its end.

        ``referer`` is the origin of the page that shows them. Raises CrawlError at the first one that
        cannot be had; the others are then given up.
        """
        return self._runner.run(self._images(addresses, {"Referer": f"{referer}/", "Accept": "image/*"}))

    def get(self, address: str) -> tuple[int, bytes]:
        """Status and body of an address, of the last attempt; the status is 0 when nobody answered.

        Raises CrawlError when it leads to a host that is not allowed.
        """
        answer = self._runner.run(self._fetch(address, {}))
        return answer.status, answer.body

    async def _images(
        self, addresses: Sequence[str], headers: dict[str, str]
    ) -> list[tuple[ImageFacts, bytes]]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {
                    address: group.create_task(self._image(address, headers))
                    for address in dict.fromkeys(addresses)
                }
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return [tasks[address].result() for address in addresses]

    async def _image(self, address: str, headers: dict[str, str]) -> tuple[ImageFacts, bytes]:
        answer = await self._fetch(address, headers, image=True)
        if answer.facts is None:
            raise CrawlError(answer.fault)
        return answer.facts, answer.body

    async def _fetch(self, address: str, headers: dict[str, str], image: bool = False) -> Answer:
        """The first useful answer, or the last one."""
        host = urlsplit(address).netloc
        slots = self._slots.setdefault(host, asyncio.Semaphore(self._params.connections))
        answer = Answer(NOBODY)
        for attempt in range(self._params.retries + 1):
            await asyncio.sleep(back_off_s(attempt, self._params))
            async with slots:
                await self._until_ready(host)
                answer = await self._ask(address, headers)
            if image and not answer.fault:
                answer = await asyncio.to_thread(_with_facts, answer, address)
            if not answer.again:
                return answer
        return replace(answer, fault=f"{answer.fault} ({self._params.retries + 1} times)")

    async def _ask(self, address: str, headers: dict[str, str]) -> Answer:
        """One request. Raises CrawlError when it leads to a host that is not allowed."""
        try:
            async with self._client.stream("GET", address, headers=headers) as response:
                if response.status_code != httpx.codes.OK:
                    return self._refusal(response, address)
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > MOST_BYTES:
                        return Answer(200, fault=f"{address} is larger than {MOST_BYTES} bytes")
                return Answer(200, bytes(body))
        except httpx.TooManyRedirects:
            return Answer(NOBODY, fault=f"{address} redirects more than {MOST_REDIRECTS} times")
        except httpx.DecodingError as error:
            return Answer(NOBODY, fault=f"{address} came damaged: {error}", again=True)
        except httpx.TransportError as error:
            return Answer(NOBODY, fault=f"{address}: {_plain(error)}", again=True)

    def _refusal(self, response: httpx.Response, address: str) -> Answer:
        """The answer of a status that brings nothing; a Retry-After holds for the whole host."""
        fault = f"the server answered {response.status_code} to {address}"
        if not may_pass(response.status_code):
            return Answer(response.status_code, fault=fault)
        pause_s = _retry_after_s(response.headers.get("Retry-After", ""))
        if pause_s > self._params.most_wait_s:
            return Answer(
                response.status_code,
                fault=f"{fault} and asks to come back in {pause_s:.0f} s, more than crawl.most_wait_s",
            )
        host = urlsplit(address).netloc
        self._ready_at[host] = max(self._ready_at.get(host, 0.0), time.monotonic() + pause_s)
        return Answer(response.status_code, fault=fault, again=True)

    async def _until_ready(self, host: str) -> None:
        while (left_s := self._ready_at.get(host, 0.0) - time.monotonic()) > 0:
            await asyncio.sleep(left_s)

    async def _refuse_strangers(self, request: httpx.Request) -> None:
        if request.url.scheme not in ("http", "https") or request.url.host not in self._hosts:
            raise CrawlError(
                f"{request.url} is not on an allowed host ({', '.join(sorted(self._hosts))}): "
                "add its host to the site's file if it belongs there"
            )


def _with_facts(answer: Answer, address: str) -> Answer:
    """The answer with what its image holds, or with its fault."""
    try:
        return replace(answer, facts=verify(answer.body, address))
    except ImageError as error:
        return replace(answer, fault=str(error), again=True)


def _retry_after_s(text: str) -> float:
    """Seconds that a Retry-After header asks for, as a number or a date; 0 where it says nothing."""
    if text.strip().isdecimal():
        return float(text)
    with suppress(ValueError, TypeError):
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return 0.0


def _plain(error: httpx.TransportError) -> str:
    """A transport's fault in words."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return "cannot be reached"
    return str(error) or "the connection was cut"

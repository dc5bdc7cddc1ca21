"""Bytes of pages over HTTP: a few connections a host, patient with faults that pass."""

import asyncio
import logging
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import httpx

from toonseg.console import progress
from toonseg.crawl.cache import Cache
from toonseg.crawl.hosts import Door
from toonseg.crawl.manners import NOBODY, CrawlParams, Pauses, back_off_s, may_pass, retry_after_s, user_agent
from toonseg.crawl.robots import Robots, file_of, origin
from toonseg.errors import CrawlError, ImageError
from toonseg.images import ImageFacts, verify

MOST_BYTES = 100_000_000  # of one page
MOST_REDIRECTS = 5
_ACCEPT = "image/webp,image/jpeg,image/png,image/gif"
# How pictures of other kinds begin: another attempt would bring the same.
_OTHER_KINDS = {
    "AVIF": rb"(?s).{4}ftypavi[fs]",
    "HEIF": rb"(?s).{4}ftyp(hei[cs]|mif1)",
    "JPEG XL": rb"\xff\x0a|\0\0\0\x0cJXL ",
    "TIFF": rb"II\*\0|MM\0\*",
    "BMP": rb"(?s)BM.{4}\0\0\0\0",
    "SVG": rb"\s*(<\?xml[^>]*>\s*)?<svg",
}

log = logging.getLogger("toonseg.crawl")


@dataclass(frozen=True)
class Answer:
    """How a request ended. ``fault`` says why it is of no use, ``again`` whether to try once more."""

    status: int
    body: bytes = b""
    fault: str = ""
    again: bool = False
    location: str = ""
    facts: ImageFacts | None = None


@dataclass(frozen=True)
class _Errand:
    """Images asked for together: what goes with each request, and the addresses that failed.

    ``anew`` has them asked for, whatever the cache holds.
    """

    headers: Mapping[str, str]
    anew: bool = False
    faults: dict[str, CrawlError] = field(default_factory=dict)


class _GivenUp(Exception):  # noqa: N818 - nothing is wrong with what was not asked for any more
    """Another image of the errand failed."""


class Downloader:
    """A client that asks for what ``door`` and robots.txt allow only; use it as a context.

    Images in ``cache`` are not asked for, and those that come are kept there. ``transport`` takes the
    network's place, for those who have none.
    """

    def __init__(
        self,
        params: CrawlParams,
        door: Door,
        cache: Cache | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.pauses = Pauses(params.most_wait_s)
        self._params = params
        self._door = door
        self._cache = cache
        self._robots = Robots()
        self._slots: dict[tuple[str, bool], asyncio.Semaphore] = {}
        self._rules_asked: dict[str, asyncio.Lock] = {}
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            headers={"User-Agent": user_agent(params)},
            timeout=params.timeout_s,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),  # _slot counts them
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

    def permit(self, address: str) -> None:
        """Raise CrawlError when the door or robots.txt, which is asked for once, forbids an address."""
        self._door.check(address)
        self._runner.run(self._heed_robots(address))

    def delay_s(self, address: str) -> float:
        """Seconds between two visits that robots.txt, as far as it was asked for, wants."""
        return self._robots.delay_s(address)

    def images(
        self,
        addresses: Sequence[str],
        headers: Mapping[str, str],
        what: str = "images",
        anew: bool = False,
    ) -> list[tuple[ImageFacts, bytes]]:
        """Fetch images, each address once, in the order given; each is decoded to its end.

        ``headers`` go with each request; ``what`` labels the progress; ``anew`` leaves the cache unread.
        Raises CrawlError when one cannot be had; no more of them are then asked for.
        """
        errand = _Errand({"Accept": _ACCEPT, **headers}, anew)
        return self._runner.run(self._images(addresses, errand, what))

    def forget(self, addresses: Sequence[str], headers: Mapping[str, str]) -> None:
        """Keep no longer what addresses gave to who sent ``headers``: it is of no use."""
        if self._cache:
            for address in addresses:
                self._cache.forget(address, _referer(headers))

    async def _images(
        self, addresses: Sequence[str], errand: _Errand, what: str
    ) -> list[tuple[ImageFacts, bytes]]:
        found: dict[str, tuple[ImageFacts, bytes]] = {}

        async def bring(address: str) -> None:
            try:
                found[address] = await self._image(address, errand)
            except CrawlError as error:
                errand.faults[address] = error
            except _GivenUp:
                return

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(bring(address)) for address in dict.fromkeys(addresses)]
                for done in progress(asyncio.as_completed(tasks), what, "page", len(tasks)):
                    await done
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        if errand.faults:
            raise next(errand.faults[address] for address in addresses if address in errand.faults)
        return [found[address] for address in addresses]

    async def _image(self, address: str, errand: _Errand) -> tuple[ImageFacts, bytes]:
        self._door.check(address)
        referer = _referer(errand.headers)
        held = self._cache.find(address, referer) if self._cache and not errand.anew else None
        if held is not None:
            answer = await asyncio.to_thread(_with_facts, Answer(200, held), address)
            if answer.facts:
                return answer.facts, held
        answer = await self._fetch(address, errand)
        if answer.facts is None:
            raise CrawlError(answer.fault)
        if self._cache:
            self._cache.keep(address, answer.body, referer)
        return answer.facts, answer.body

    async def _fetch(self, address: str, errand: _Errand | None) -> Answer:
        """The first useful answer, or the last one; without an errand it is that of a robots.txt.

        A connection is taken for each attempt alone: it is free for others while an image is decoded, or
        waits for its next attempt.
        """
        answer = Answer(NOBODY)
        for attempt in range(self._params.retries + 1):
            await asyncio.sleep(back_off_s(attempt, self._params))
            answer = await self._visit(address, errand)
            if errand and not answer.fault:
                answer = await asyncio.to_thread(_with_facts, answer, address)
            if not answer.again:
                return answer
        return replace(answer, fault=f"{answer.fault} ({self._params.retries + 1} times)")

    async def _visit(self, address: str, errand: _Errand | None) -> Answer:
        """Ask for an address, and for those that it leads to. All but robots.txt itself heeds robots.txt."""
        at = address
        for _ in range(MOST_REDIRECTS + 1):
            self._door.check(at)
            if errand:
                await self._heed_robots(at)
            delay_s = self._robots.delay_s(at)
            async with self._slot(at, alone=delay_s > 0):
                while left_s := self.pauses.left_s(at):
                    await asyncio.sleep(left_s)
                if errand and errand.faults:  # what is on its way may arrive, nothing more is asked for
                    raise _GivenUp
                answer = await self._ask(at, errand.headers if errand else {})
                self.pauses.ask_for(at, delay_s)
            if not answer.location:
                return answer
            at = urljoin(at, answer.location)
        return Answer(NOBODY, fault=f"{address} redirects more than {MOST_REDIRECTS} times")

    def _slot(self, address: str, alone: bool) -> asyncio.Semaphore:
        """One of the connections to a host, or its only one where robots.txt wants a delay between visits."""
        key = (urlsplit(address).netloc, alone)
        return self._slots.setdefault(key, asyncio.Semaphore(1 if alone else self._params.connections))

    async def _heed_robots(self, address: str) -> None:
        """Raise CrawlError when robots.txt forbids the address; it is asked for once an origin."""
        async with self._rules_asked.setdefault(origin(address), asyncio.Lock()):
            if not self._robots.knows(address):
                answer = await self._fetch(file_of(address), None)
                self._robots.note(address, answer.status, answer.body)
        self._robots.check(address)

    async def _ask(self, address: str, headers: Mapping[str, str]) -> Answer:
        """One request."""
        begun = time.monotonic()
        try:
            answer = await self._answer(address, headers)
        except httpx.DecodingError as error:
            answer = Answer(NOBODY, fault=f"{address} came damaged: {error}", again=True)
        except httpx.TransportError as error:
            answer = Answer(NOBODY, fault=f"{address}: {_plain(error)}", again=True)
        except httpx.InvalidURL as error:
            answer = Answer(NOBODY, fault=f"{address} is no address: {error}")
        seconds = time.monotonic() - begun
        told = answer.fault if answer.status == NOBODY else f"{answer.status}, {len(answer.body)} bytes"
        log.info("GET %s: %s, %.2f s", address, told, seconds)
        return answer

    async def _answer(self, address: str, headers: Mapping[str, str]) -> Answer:
        async with self._client.stream("GET", address, headers=dict(headers)) as response:
            if response.has_redirect_location:
                return Answer(response.status_code, location=response.headers["Location"])
            if response.status_code != httpx.codes.OK:
                return self._refusal(response, address)
            body = bytearray()
            async for part in response.aiter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    return Answer(NOBODY, fault=f"{address} is larger than {MOST_BYTES} bytes")
            return Answer(200, bytes(body))

    def _refusal(self, response: httpx.Response, address: str) -> Answer:
        """The answer of a status that brings nothing; a Retry-After holds for the whole host."""
        again = may_pass(response.status_code)
        if again:
            self.pauses.ask_for(address, retry_after_s(response.headers.get("Retry-After", "")))
        fault = f"the server answered {response.status_code} to {address}"
        return Answer(response.status_code, fault=fault, again=again)


def _with_facts(answer: Answer, address: str) -> Answer:
    """The answer with what its image holds, or with its fault."""
    try:
        return replace(answer, facts=verify(answer.body, address))
    except ImageError as error:
        kind = next((kind for kind, begin in _OTHER_KINDS.items() if re.match(begin, answer.body)), "")
        if kind:
            named = "let `attributes` of the site's file name another"
            return replace(answer, fault=f"{address} is {kind}, which is not supported: {named}")
        return replace(answer, fault=str(error), again=True)


def _referer(headers: Mapping[str, str]) -> str:
    return headers.get("Referer", "")


def _plain(error: httpx.TransportError) -> str:
    """A transport's fault in words."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError):
        return "cannot be reached"
    return str(error) or "the connection was cut"

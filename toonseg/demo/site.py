"""The demo's web site on loopback: pages on one origin, images on another, drawn when asked for."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Protocol
from urllib.parse import parse_qs, quote, unquote, urlsplit

import numpy as np

from toonseg.demo import markup
from toonseg.demo.markup import Show
from toonseg.errors import ToonsegError
from toonseg.images import encode

HOST = "127.0.0.1"
ROBOTS = "User-agent: *\nDisallow: /members/\n"
BANNER = "/static/txt_ads.png"
HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"


class Drawn(Protocol):
    """An episode's pages, in order: file names and bytes."""

    @property
    def pages(self) -> Sequence[tuple[str, bytes]]:
        """File names and bytes."""


Draw = Callable[[str, int], Drawn]


@dataclass(frozen=True)
class Fault:
    """What the site answers at an address in place of what is there, ``times`` times (-1: always).

    A Content-Length in ``headers`` that is more than the body has makes a connection cut in the middle.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    times: int = -1


@dataclass(frozen=True)
class Request:
    """A line of the site's log. ``address`` is the path and query; ``images`` tells the second origin."""

    images: bool
    address: str
    user_agent: str
    referer: str
    status: int


@dataclass(frozen=True)
class Reply:
    """What a request is answered with."""

    status: int
    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """A running site."""

    page_origin: str
    image_origin: str
    log: list[Request] = field(default_factory=list)


def draw_demo(series: str, number: int) -> Drawn:
    """Have the artist draw an episode."""
    from toonseg.demo.artist.episode import draw_episode

    return draw_episode(series, number)


def demo_shows() -> dict[str, Show]:
    """The demo's series."""
    from toonseg.demo.artist.scripts import SCRIPTS

    return {name: Show(script.name, script.author, script.titles) for name, script in SCRIPTS.items()}


@contextmanager
def serve(
    draw: Draw = draw_demo,
    shows: Mapping[str, Show] | None = None,
    *,
    port: int = 0,
    ahead: Collection[tuple[str, int]] = (),
    faults: Mapping[str, Fault] | None = None,
) -> Iterator[Site]:
    """Serve the site while the block runs: pages at ``port`` (0: a free one), images at another port.

    The episodes ``ahead`` are drawn at once, in that order, by a process a core; ``draw`` must then be
    a function of a module. ``faults`` are answered at their addresses. Raises ToonsegError when the
    port is taken.
    """
    shows = demo_shows() if shows is None else shows
    with _studio(draw, ahead) as studio, _listening(0) as images, _listening(port) as pages:
        site = Site(_origin(pages), _origin(images))
        desk = _Desk(site, shows, studio, dict(faults or {}))
        for server, is_images in ((pages, False), (images, True)):
            server.RequestHandlerClass = partial(_Handler, desk, is_images)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield site
        finally:
            pages.shutdown()
            images.shutdown()


def serve_until_interrupted(port: int) -> int:
    """Serve the demo until Ctrl-C, for a person's browser. Raises ToonsegError when the port is taken."""
    with serve(port=port) as site:
        print(f"the demo site is at {site.page_origin}/ (Ctrl-C ends it)", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()
    return 0


class _Studio:
    """Draws each episode once, however many ask for it at the same time."""

    def __init__(self, draw: Draw, executor: Executor) -> None:
        self._draw = draw
        self._executor = executor
        self._drawings: dict[tuple[str, int], Future[Drawn]] = {}
        self._lock = threading.Lock()

    def order(self, series: str, number: int) -> Future[Drawn]:
        """Have an episode drawn, unless it is already."""
        with self._lock:
            if (series, number) not in self._drawings:
                self._drawings[series, number] = self._executor.submit(self._draw, series, number)
            return self._drawings[series, number]

    def pages(self, series: str, number: int) -> Sequence[tuple[str, bytes]]:
        """The pages of an episode, when they are drawn."""
        return self.order(series, number).result().pages


@contextmanager
def _studio(draw: Draw, ahead: Collection[tuple[str, int]]) -> Iterator[_Studio]:
    if not ahead:
        with ThreadPoolExecutor(1) as executor:
            yield _Studio(draw, executor)
        return
    with _workers(min(len(ahead), os.cpu_count() or 1)) as executor:
        studio = _Studio(draw, executor)
        with _ctrl_c_held_back():  # the processes started here inherit that, and leave Ctrl-C to us
            for series, number in ahead:
                studio.order(series, number)
        yield studio


@contextmanager
def _workers(count: int) -> Iterator[Executor]:
    """Processes that end with the block, or with this process, in the middle of a drawing or not."""
    context = get_context("spawn")
    far, near = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(count, context, initializer=_hold_lifeline, initargs=(far,))
    try:
        yield executor
    finally:
        near.close()
        executor.shutdown(cancel_futures=True)


def _hold_lifeline(lifeline: Connection) -> None:
    threading.Thread(target=_end_when_cut, args=(lifeline,), daemon=True).start()


def _end_when_cut(lifeline: Connection) -> None:
    with suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(0)


@contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Put Ctrl-C off to the end of the block, where the system can."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Desk:
    """Answers requests: from a path and its headers to a status, a kind and a body."""

    def __init__(
        self, site: Site, shows: Mapping[str, Show], studio: _Studio, faults: dict[str, Fault]
    ) -> None:
        self._site = site
        self._shows = shows
        self._studio = studio
        self._faults = faults
        self._answered = dict.fromkeys(faults, 0)
        self._lock = threading.Lock()

    def reply(self, images: bool, address: str, user_agent: str, referer: str) -> Reply:
        """Answer one request and log it."""
        reply = self._fault(address) or (self._image(address, referer) if images else self._page(address))
        self._site.log.append(Request(images, address, user_agent, referer, reply.status))
        return reply

    def _fault(self, address: str) -> Reply | None:
        fault = self._faults.get(address)
        if fault is None:
            return None
        with self._lock:
            self._answered[address] += 1
            over = 0 <= fault.times < self._answered[address]
        return None if over else Reply(fault.status, "image/jpeg", fault.body, fault.headers)

    def _page(self, address: str) -> Reply:
        parts = urlsplit(address)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        name = query.get("titleId", "")
        show = self._shows.get(name)
        number = int(query["no"]) if query.get("no", "").isdecimal() else 0
        if parts.path == "/robots.txt":
            return Reply(200, TEXT, ROBOTS.encode())
        if parts.path == "/":
            return _html(200, markup.home(self._shows, self._site.image_origin))
        if parts.path == "/webtoon/list" and show:
            return _html(200, markup.listing(name, show))
        if parts.path in ("/webtoon/detail", "/members/detail") and show and 1 <= number <= len(show.titles):
            return _html(200, markup.detail(name, show, number, self._addresses(name, number)))
        return _html(404, markup.not_found())

    def _addresses(self, name: str, number: int) -> list[str]:
        folder = f"{self._site.image_origin}/image/{quote(name)}/{number}"
        pages = [f"{folder}/{quote(file)}" for file, _ in self._studio.pages(name, number)]
        return [*pages, self._site.image_origin + BANNER]

    def _image(self, address: str, referer: str) -> Reply:
        """An image, to those only who come from a page of the site."""
        if address == "/robots.txt":
            return Reply(200, TEXT, b"")
        if not referer.startswith(f"{self._site.page_origin}/"):
            return Reply(403, TEXT, b"Images are shown on our own pages only.\n")
        if address == BANNER:
            return Reply(200, "image/png", _banner())
        match [unquote(part) for part in address.split("/")]:
            case ["", "cover", name] if name in self._shows:
                return Reply(200, "image/jpeg", self._studio.pages(name, 1)[0][1])
            case ["", "image", name, number, file] if name in self._shows and number.isdecimal():
                if 1 <= int(number) <= len(self._shows[name].titles):
                    data = dict(self._studio.pages(name, int(number))).get(file)
                    if data is not None:
                        return Reply(200, "image/jpeg", data)
        return Reply(404, TEXT, b"There is no such image.\n")


class _Handler(BaseHTTPRequestHandler):
    """One connection; it may bring several requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def __init__(self, desk: _Desk, images: bool, *arguments: object) -> None:
        self._desk = desk
        self._images = images
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Answer a GET."""
        agent, referer = self.headers.get("User-Agent", ""), self.headers.get("Referer", "")
        reply = self._desk.reply(self._images, self.path, agent, referer)
        headers = {"Content-Type": reply.kind, "Content-Length": str(len(reply.body)), **reply.headers}
        self.send_response(reply.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        self.close_connection = int(headers["Content-Length"]) != len(reply.body) or self.close_connection

    def log_message(self, format: str, *arguments: object) -> None:
        """Print nothing: the site keeps its own log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over clients that went away and the site's own end; show what else goes wrong."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, CancelledError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def _listening(port: int) -> Iterator[_Server]:
    try:
        server = _Server((HOST, port), BaseHTTPRequestHandler)
    except (OSError, OverflowError) as error:
        raise ToonsegError(
            f"the demo site cannot be served at port {port} ({error}): choose another"
        ) from None
    with server:
        yield server


def _origin(server: _Server) -> str:
    return f"http://{HOST}:{server.server_address[1]}"


def _html(status: int, text: str) -> Reply:
    return Reply(status, HTML, text.encode())


def _banner() -> bytes:
    """The advertisement that sites leave among an episode's images."""
    picture = np.full((90, 690, 3), (255, 226, 89), np.uint8)
    picture[6:-6, 6:-6] = (228, 87, 46)
    return encode(picture, "png", quality=100)

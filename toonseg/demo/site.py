"""The demo's web site on loopback: pages on one origin, images on another, drawn when asked for.

It is a proving ground too: ``Setup`` switches the markup of other sites on, ``Fault`` what goes wrong.
"""

import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

import numpy as np

from toonseg.demo import markup, viewers
from toonseg.demo.faults import Fault, passing_fault
from toonseg.demo.markup import Show
from toonseg.demo.studio import Draw, Studio, draw_demo, open_studio
from toonseg.demo.viewers import Setup
from toonseg.errors import ToonsegError
from toonseg.images import encode

HOST = "127.0.0.1"
HTML, TEXT = "text/html; charset=utf-8", "text/plain; charset=utf-8"
_KINDS = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "gif": "image/gif"}


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
    """A running site. ``most_connections`` counts those to the images' origin that were open at once."""

    page_origin: str
    image_origin: str
    log: list[Request] = field(default_factory=list)
    most_connections: int = 0


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
    setup: Setup | None = None,
) -> Iterator[Site]:
    """Serve the site while the block runs: pages at ``port`` (0: a free one), images at another port.

    The episodes ``ahead`` are drawn at once, in that order, by a process a core; ``draw`` must then be
    a function of a module. ``faults`` are answered at their addresses. Raises ToonsegError when the
    port is taken.
    """
    shows = demo_shows() if shows is None else shows
    with open_studio(draw, ahead) as studio, _listening(0) as images, _listening(port) as pages:
        site = Site(_origin(pages), _origin(images))
        desk = _Desk(site, shows, studio, dict(faults or {}), setup or Setup())
        for server, is_images in ((pages, False), (images, True)):
            server.RequestHandlerClass = partial(_Handler, desk, is_images)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield site
        finally:
            pages.shutdown()
            images.shutdown()


def serve_until_interrupted(port: int, setup: Setup | None = None) -> int:
    """Serve the demo until Ctrl-C, for a person's browser. Raises ToonsegError when the port is taken."""
    with serve(port=port, setup=setup) as site:
        print(f"the demo site is at {site.page_origin}/ (Ctrl-C ends it)", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()
    return 0


class _Desk:
    """Answers requests: from a path and its headers to a status, a kind and a body."""

    def __init__(
        self, site: Site, shows: Mapping[str, Show], studio: Studio, faults: dict[str, Fault], setup: Setup
    ) -> None:
        self._site = site
        self._shows = shows
        self._studio = studio
        self._faults = faults
        self._setup = setup
        self._answered: dict[str, int] = {}
        self._open = 0
        self._lock = threading.Lock()

    def connected(self, change: int) -> None:
        """Note that a connection to the images' origin was opened (1) or closed (-1)."""
        if change > 0:
            time.sleep(self._setup.latency_s)
        with self._lock:
            self._open += change
            self._site.most_connections = max(self._site.most_connections, self._open)

    def reply(self, images: bool, address: str, headers: "Message[str, str]") -> Reply:
        """Answer one request and log it."""
        agent, referer = headers.get("User-Agent", ""), headers.get("Referer", "")
        time.sleep(self._setup.latency_s)
        fault = self._faults.get(address)
        reply = self._as_reply(address, fault) if fault else None
        if reply is None:
            reply = self._image(address, referer) if images else self._page(address, headers)
            if images and self._setup.trouble and reply.kind.startswith("image/"):
                reply = self._passing(address, reply)
        self._site.log.append(Request(images, address, agent, referer, reply.status))
        return reply

    def _passing(self, address: str, reply: Reply) -> Reply:
        fault = passing_fault(address, reply.body)
        return (fault and self._as_reply(address, fault)) or reply

    def _as_reply(self, address: str, fault: Fault) -> Reply | None:
        """A fault's answer, as long as it lasts."""
        with self._lock:
            self._answered[address] = self._answered.get(address, 0) + 1
            over = 0 <= fault.times < self._answered[address]
        return None if over else Reply(fault.status, "image/jpeg", fault.body, fault.headers)

    def _page(self, address: str, headers: "Message[str, str]") -> Reply:
        parts = urlsplit(address)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        name = query.get("titleId") or query.get("title_no", "")
        text = query.get("no") or query.get("episode_no", "")
        show, number = self._shows.get(name), int(text) if text.isdecimal() else 0
        if parts.path == "/robots.txt":
            return self._robots()
        if parts.path == "/":
            return _html(200, markup.home(self._shows, self._site.image_origin))
        if parts.path == viewers.SLOW_ANSWER:
            time.sleep(viewers.SLOW_S)
            return Reply(200, TEXT, b"")
        if viewers.is_gate(parts.path):
            return _html(200, viewers.gate_page())
        if parts.path == "/webtoon/list" and show:
            return _html(200, markup.listing(name, show))
        if show and 1 <= number <= len(show.titles):
            of_age = "ageGatePass=true" in headers.get("Cookie", "")
            return self._episode(parts.path, name, show, number, of_age)
        return _html(404, markup.not_found())

    def _robots(self) -> Reply:
        return Reply(self._setup.robots_status, TEXT, self._setup.robots.encode())

    def _episode(self, path: str, name: str, show: Show, number: int, of_age: bool) -> Reply:
        """An episode's page, where it is; its address with other words leads there, as on webtoons.com."""
        place = viewers.episode_path(self._setup, name, number)
        if path not in (unquote(urlsplit(place).path), urlsplit(place).path, "/members/detail"):
            elsewhere = self._setup.markup == "webtoons" and path.endswith("/viewer")
            return _leading(place) if elsewhere else _html(404, markup.not_found())
        closed = self._setup.closed.get(number)
        if closed and not (closed == "age" and of_age):
            text, leads = viewers.closed_page(self._setup, name, number)
            return _leading(leads) if leads else _html(200, text)
        return _html(200, viewers.viewer(self._setup, name, show, number, self._addresses(name, number)))

    def _addresses(self, name: str, number: int) -> list[str]:
        folder = f"{self._site.image_origin}/image/{quote(name, safe='')}/{number}"
        pages = [f"{folder}/{quote(file, safe='')}" for file, _ in self._studio.pages(name, number)]
        return [*pages, *(self._site.image_origin + banner for banner in self._setup.banners)]

    def _image(self, address: str, referer: str) -> Reply:
        """An image, to those only who come from a page of the site."""
        if address == "/robots.txt":
            return self._robots()
        if not referer.startswith(f"{self._site.page_origin}/"):
            return Reply(403, TEXT, b"Images are shown on our own pages only.\n")
        if address in self._setup.banners:
            return Reply(200, "image/png", _banner())
        match [unquote(part) for part in address.split("/")]:
            case ["", "cover", name] if name in self._shows:
                return _picture(*self._studio.pages(name, 1)[0])
            case ["", "image", name, number, file] if name in self._shows and number.isdecimal():
                if 1 <= int(number) <= len(self._shows[name].titles):
                    data = dict(self._studio.pages(name, int(number))).get(file)
                    if data is not None:
                        return _picture(file, data)
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

    def handle(self) -> None:
        """Answer until the connection ends."""
        if self._images:
            self._desk.connected(1)
        try:
            super().handle()
        finally:
            if self._images:
                self._desk.connected(-1)

    def do_GET(self) -> None:
        """Answer a GET."""
        reply = self._desk.reply(self._images, self.path, self.headers)
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


def _leading(address: str) -> Reply:
    return Reply(302, TEXT, b"", {"Location": address})


def _picture(name: str, data: bytes) -> Reply:
    """A page, of the kind that its name says, as servers have it."""
    return Reply(200, _KINDS.get(name.rpartition(".")[2], "image/jpeg"), data)


def _html(status: int, text: str) -> Reply:
    return Reply(status, HTML, text.encode())


def _banner() -> bytes:
    """The advertisement that sites leave among an episode's images."""
    picture = np.full((90, 690, 3), (255, 226, 89), np.uint8)
    picture[6:-6, 6:-6] = (228, 87, 46)
    return encode(picture, "png", quality=100)

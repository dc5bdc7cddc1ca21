"""One episode: its page read in the browser, its images fetched, its archive written whole."""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from toonseg.archive import write_episode
from toonseg.crawl.browser import Session, View
from toonseg.crawl.download import CrawlParams, Downloader, back_off_s, may_pass
from toonseg.crawl.robots import Robots
from toonseg.crawl.sites import Site
from toonseg.errors import CrawlError
from toonseg.images import ImageFacts
from toonseg.records import Page

SUFFIXES = {"jpeg": "jpg", "png": "png", "webp": "webp", "gif": "gif"}


@dataclass(frozen=True)
class Visit:
    """What fetching needs: the site, the browser and the client that are at it, and its manners.

    ``origin`` (``site`` and ``title_id``) goes into each episode.json, and says where to look.
    """

    site: Site
    origin: dict[str, str]
    session: Session
    downloader: Downloader
    robots: Robots
    params: CrawlParams


def fetch_episode(visit: Visit, series: str, number: int, path: Path) -> None:
    """Fetch an episode and write it to ``path``, whole or not at all.

    Raises CrawlError that says which page is at fault.
    """
    address = visit.site.episode_address(visit.origin["title_id"], number)
    visit.robots.check(address)
    view = _look(visit, address)
    addresses = _pages(visit.site, view, address)
    for page in addresses:
        visit.robots.check(page)
    images = visit.downloader.images(addresses, visit.site.origin)
    pages = [
        (_page(series, number, index, facts, data), data) for index, (facts, data) in enumerate(images, 1)
    ]
    write_episode(path, pages, {**visit.origin, "number": number, "title": view.title})


def _look(visit: Visit, address: str) -> View:
    """The page of an episode, tried again while its fault may pass."""
    view = View(0)
    for attempt in range(visit.params.retries + 1):
        time.sleep(back_off_s(attempt, visit.params))
        view = visit.session.view(address)
        if not may_pass(view.status):
            break
    if view.status in (404, 410):
        raise CrawlError(f"the site has no such episode (it answered {view.status} to {address})")
    if view.status != 200:
        raise CrawlError(view.fault or f"the site answered {view.status} to {address}")
    return view


def _pages(site: Site, view: View, address: str) -> tuple[str, ...]:
    """The addresses of an episode's images. Raises CrawlError when any may be missing."""
    nameless = [index for index, image in enumerate(view.addresses, 1) if image is None]
    if nameless:
        raise CrawlError(f"image {nameless[0]} of {address} has none of {', '.join(site.attributes)}")
    pages = site.pages_among(tuple(image for image in view.addresses if image))
    if len(pages) < site.least_pages:
        raise CrawlError(
            f"{len(pages)} images at '{site.images}' of {address}, not {site.least_pages} or more: "
            "the episode is not shown to us, or the site's markup changed"
        )
    if not view.title:
        raise CrawlError(f"no title at '{site.title}' of {address}: the site's markup changed")
    return pages


def _page(series: str, number: int, index: int, facts: ImageFacts, data: bytes) -> Page:
    return Page(
        series=series,
        episode=str(number),
        page=index,
        name=f"{index:03d}.{SUFFIXES[facts.format]}",
        width=facts.width,
        height=facts.height,
        frames=facts.frames,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )

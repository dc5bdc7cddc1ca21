"""One episode: its page read in the browser, its images fetched, its archive written whole."""

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from toonseg.archive import read_info, write_episode
from toonseg.crawl.browser import Session, View
from toonseg.crawl.cache import Cache
from toonseg.crawl.download import Downloader
from toonseg.crawl.manners import NOBODY, CrawlParams, back_off_s, may_pass
from toonseg.crawl.sites import Closed, Site
from toonseg.errors import CrawlError
from toonseg.images import ImageFacts
from toonseg.records import Page

_MANY = 3  # images of one address, or addresses of one image, which are hardly pages
SUFFIXES = {"jpeg": "jpg", "png": "png", "webp": "webp", "gif": "gif"}
_CLOSED: dict[Closed, str] = {
    "login": "is shown to those who log in only",
    "paid": "must be paid for",
    "age": "asks for its reader's age",
    "withdrawn": "was withdrawn, or was never there",
    "sideways": "is read sideways: its pages make no strip",
}


@dataclass(frozen=True)
class Title:
    """A series at its site: what each of its episode.json files says about where it came from."""

    series: str
    site_name: str
    title_id: str
    site: Site

    def origin(self, number: int) -> dict[str, str | int]:
        """What tells an episode apart, whichever host served it."""
        return {"site": self.site_name, "title_id": self.title_id, "number": number}

    def cache_key(self, number: int) -> tuple[str | int, ...]:
        """What an episode in the cache rests on: another selector may find other pages."""
        return (self.site_name, repr(sorted(asdict(self.site).items())), self.title_id, number)


@dataclass(frozen=True)
class Visit:
    """What fetching needs: the series, the browser and the client that are at its site, and their manners."""

    title: Title
    session: Session
    downloader: Downloader
    params: CrawlParams
    cache: Cache | None


def look(visit: Visit, address: str) -> View:
    """The page of an episode, tried again while its fault may pass.

    Raises CrawlError when it may not be asked for, is not there, not open to us, or another page.
    """
    downloader, site = visit.downloader, visit.title.site
    view = View(NOBODY, address)
    for attempt in range(visit.params.retries + 1):
        time.sleep(back_off_s(attempt, visit.params))
        downloader.permit(address)
        time.sleep(downloader.pauses.left_s(address))
        view = visit.session.view(address)
        downloader.pauses.ask_for(address, view.pause_s)
        if not may_pass(view.status) or is_foreign(site, view):
            break
    check_open(site, view, address)
    return view


def is_foreign(site: Site, view: View) -> bool:
    """Whether a page led the browser to a host that it does not talk to."""
    return urlsplit(view.address).hostname not in site.allowed_hosts


def check_open(site: Site, view: View, address: str) -> None:
    """Raise CrawlError when the view is not that of the episode at ``address``, open to us."""
    closed = view.closed or site.closed_by_address(view.address)
    if closed:
        raise CrawlError(f"{address} {_CLOSED[closed]}")
    if is_foreign(site, view):
        raise CrawlError(f"{address} leads to {view.address}, which is not on an allowed host")
    if view.status in (404, 410):
        raise CrawlError(f"the site has no such episode (it answered {view.status} to {address})")
    if view.status != 200 or view.fault:
        raise CrawlError(view.fault or f"the site answered {view.status} to {address}")
    place = site.episode_at(view.address)
    if place is None or place != site.episode_at(address):
        raise CrawlError(f"{address} leads to another page, {view.address}: the episode is not shown to us")


def pages_of(site: Site, view: View, address: str) -> tuple[str, ...]:
    """The addresses of an episode's images. Raises CrawlError when any may be missing."""
    nameless = [index for index, image in enumerate(view.addresses, 1) if image is None]
    if nameless:
        raise CrawlError(
            f"image {nameless[0]} of {address} has none of {', '.join(site.attributes)}, or only what stands "
            f"in for an address there (data:, placeholders){_refused(view)}"
        )
    pages = site.pages_among(tuple(image for image in view.addresses if image))
    if len(pages) < site.least_pages:
        raise CrawlError(
            f"{len(pages)} images at '{site.images}' of {address}, not {site.least_pages} or more: "
            f"the episode is not shown to us, or the site's markup changed{_refused(view)}"
        )
    if not view.title:
        raise CrawlError(f"no title at '{site.title}' of {address}: the site's markup changed")
    page, times = Counter(pages).most_common(1)[0]
    if times >= _MANY:
        raise CrawlError(
            f"{times} images of {address} have the address {page}: name a part of it in `placeholders` of "
            "the site's file if it stands in for others, or in `drop` if it is no page"
        )
    return pages


def _refused(view: View) -> str:
    """The hosts that may hold what a view lacks, as the end of a sentence."""
    hosts = ", ".join(view.refused)
    return f"; its scripts asked {hosts}, missing in `hosts` of the site's file" if hosts else ""


def save_episode(visit: Visit, view: View, number: int, path: Path, anew: bool = False) -> None:
    """Fetch the images of an episode's view and write it to ``path``, whole or not at all.

    ``anew`` has them fetched, whatever the cache holds. Raises CrawlError that says which page is at fault.
    """
    title = visit.title
    addresses = pages_of(title.site, view, view.address)
    headers = title.site.referer_of(view.address)
    images = visit.downloader.images(addresses, headers, f"{title.series} {number}", anew)
    alike = _alike(addresses, [data for _, data in images])
    if alike:
        visit.downloader.forget(alike, headers)
        raise CrawlError(
            f"{len(alike)} addresses of {view.address} gave one image, {alike[0]} among them: it may stand "
            "in for the pages, which another `referer` or `attributes` in the site's file may bring"
        )
    pages = [
        (page_of(title.series, number, index, facts, data, urlsplit(address).path), data)
        for index, (address, (facts, data)) in enumerate(zip(addresses, images, strict=True), 1)
    ]
    write_episode(path, pages, {**title.origin(number), "title": view.title})
    if visit.cache:
        visit.cache.keep_episode(title.cache_key(number), read_info(path))


def _alike(addresses: Sequence[str], images: Sequence[bytes]) -> tuple[str, ...]:
    """The addresses, if they are many, that gave the one image that more than half of the pages are."""
    image, times = Counter(images).most_common(1)[0]
    alike = dict.fromkeys(address for address, data in zip(addresses, images, strict=True) if data == image)
    return tuple(alike) if len(alike) >= _MANY and 2 * times > len(images) else ()


def restore_episode(cache: Cache, title: Title, number: int, path: Path) -> bool:
    """Write an episode to ``path`` from what the cache holds; whether it holds all of it."""
    info = cache.find_episode(title.cache_key(number))
    try:
        rows = info.pop("pages") if info else []
        found = [(Page(title.series, str(number), **row), cache.image(row["sha256"])) for row in rows]
    except (KeyError, TypeError):
        return False
    pages = [(page, data) for page, data in found if data is not None]
    if not pages or len(pages) < len(rows):
        return False
    write_episode(path, pages, info or {})
    return True


def page_of(series: str, number: int, index: int, facts: ImageFacts, data: bytes, address: str) -> Page:
    """The record of a page's verified bytes, the ``index``-th of its episode from 1."""
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
        address=address,
    )

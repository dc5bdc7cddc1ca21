"""A webtoon of a few pages at the demo's site, and a crawl of it: for tests of the crawl."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import psutil
from tiny_webtoon import draw

from toonseg.crawl.cache import Cache
from toonseg.crawl.manners import CrawlParams
from toonseg.crawl.series import Crawled, crawl_series
from toonseg.crawl.sites import Site, load_site
from toonseg.demo.site import Request
from toonseg.demo.site import Site as Served
from toonseg.series import SeriesParams

QUICK = CrawlParams(
    i_have_permission=False,
    contact="mail@example.org",
    connections=3,
    delay_s=0.0,
    timeout_s=30.0,
    retries=2,
    back_off_s=0.01,
    most_wait_s=5.0,
)


def declared(episodes: str, title: str = "rain", direction: str = "forward") -> SeriesParams:
    """A series of the demo's site."""
    return SeriesParams("demo", title, episodes, direction)  # type: ignore[arg-type]


def at(served: Served, name: str = "demo") -> Site:
    """A site's file, for a site that is served here."""
    return replace(load_site(name), origin=served.page_origin, hosts=("127.0.0.1",), patience_s=3.0)


def crawl(
    served: Served,
    folder: Path,
    episodes: str,
    site: Site | None = None,
    cache: Cache | None = None,
    params: CrawlParams = QUICK,
) -> Crawled:
    """Crawl episodes of the series rain."""
    return crawl_series("rain", declared(episodes), site or at(served), folder, params, cache)


def image(number: int, page: int = 0) -> str:
    """Path of an image of the series rain."""
    return f"/image/rain/{number}/{quote(draw('rain', number).pages[page][0])}"


def detail(number: int) -> str:
    """Path of an episode of the series rain."""
    return f"/webtoon/detail?titleId=rain&no={number}"


def files(folder: Path) -> dict[str, bytes]:
    """Names and contents of a folder's files."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def asked(log: list[Request], images: bool) -> list[str]:
    """The addresses of a site's log."""
    return [request.address for request in log if request.images is images]


def browsers_in(folder: Path) -> list[psutil.Process]:
    """Every process of a browser whose profile is in ``folder``, whoever its parent is by now."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in argument for argument in process.info["cmdline"] or [])
    ]

"""A declared series, wherever its pages come from: a site, the demo's own site, or a folder."""

import logging
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from toonseg.crawl.cache import Cache, cache_folder
from toonseg.crawl.download import log
from toonseg.crawl.folder import import_series
from toonseg.crawl.manners import CrawlParams
from toonseg.crawl.series import Crawled, crawl_series, missing_episodes
from toonseg.crawl.sites import FOLDER, Site, load_site
from toonseg.errors import ParamsError
from toonseg.series import SeriesParams, parse_episodes

PAGES = Path("data/pages")
DEMO = "demo"


def fetch_series(
    series: str, declared: SeriesParams, params: CrawlParams, anew: Collection[int] = ()
) -> Crawled:
    """Bring the series' folder of pages to what is declared, and fetch the episodes ``anew`` once more.

    Raises ParamsError when one of these is not declared, and CrawlError that tells what failed, when the rest
    is done.
    """
    folder = PAGES / series
    undeclared = sorted(set(anew) - set(parse_episodes(declared.episodes)))
    if undeclared:
        raise ParamsError(
            f"series {series}: {undeclared[0]} cannot be fetched anew, as it is none of its episodes "
            f"{declared.episodes}: declare it in params.yaml"
        )
    if declared.site == FOLDER:
        return import_series(series, declared, folder)
    site = load_site(declared.site)
    # The demo is drawn anew by the code as it stands; what was drawn before must not come back.
    cache = None if declared.site == DEMO else Cache(cache_folder())
    with _reachable(site, declared, folder, anew) as reachable:
        return crawl_series(series, declared, reachable, folder, params, cache, anew)


def log_requests() -> None:
    """Tell each request on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)


@contextmanager
def _reachable(site: Site, declared: SeriesParams, folder: Path, anew: Collection[int]) -> Iterator[Site]:
    """The site; the demo's own is served while it is needed, and drawn ahead of the browser."""
    missing = {*missing_episodes(folder, declared, site), *anew} if declared.site == DEMO else set()
    if not missing:
        yield site
        return
    from toonseg.demo.site import serve

    with serve(ahead=[(declared.title, number) for number in sorted(missing)]) as served:
        yield replace(site, origin=served.page_origin)

"""A series: what is missing of it is fetched, what is no longer declared goes, what is there stays."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from toonseg.archive import episodes, read_info, read_pages
from toonseg.console import progress
from toonseg.crawl.browser import browsing, find_browser
from toonseg.crawl.download import CrawlParams, Downloader, user_agent
from toonseg.crawl.episode import Visit, fetch_episode
from toonseg.crawl.robots import Robots
from toonseg.crawl.sites import Site
from toonseg.errors import CrawlError, ToonsegError
from toonseg.series import SeriesParams, parse_episodes


@dataclass(frozen=True)
class Crawled:
    """What a series' folder holds, and how many of its episodes were fetched just now."""

    episodes: int
    pages: int
    bytes: int
    fetched: int

    def __str__(self) -> str:
        kept = self.episodes - self.fetched
        return (
            f"{self.episodes} episodes, {self.pages} pages "
            f"({self.fetched} fetched, {kept} kept), {self.bytes / 1e6:.1f} MB"
        )


def missing_episodes(folder: Path, declared: SeriesParams) -> tuple[int, ...]:
    """Numbers of the declared episodes that ``folder`` does not hold whole, of that title at that site."""
    return tuple(
        number
        for number in parse_episodes(declared.episodes)
        if not _holds(folder / f"{number}.cbz", declared, number)
    )


def crawl_series(
    series: str, declared: SeriesParams, site: Site, folder: Path, params: CrawlParams
) -> Crawled:
    """Bring ``folder`` to what is declared: one CBZ an episode.

    A failed episode does not stop the others: at the end CrawlError tells all that failed, and why;
    the next call fetches those. No browser is started when nothing is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _tidy(folder, declared)
    missing = missing_episodes(folder, declared)
    if missing:
        with _visiting(declared, site, params) as visit:
            failed = _fetch(visit, series, missing, folder)
        if failed:
            raise CrawlError(_table(series, failed, len(parse_episodes(declared.episodes))))
    pages = [page for path in episodes(folder) for page in read_pages(path, series)]
    return Crawled(len(episodes(folder)), len(pages), sum(page.bytes for page in pages), len(missing))


def _fetch(visit: Visit, series: str, missing: Sequence[int], folder: Path) -> dict[int, str]:
    """Fetch the episodes ``missing``; gives what went wrong with those that failed."""
    failed: dict[int, str] = {}
    for number in progress(missing, series, "episode"):
        if number != missing[0]:
            time.sleep(max(visit.params.delay_s, visit.robots.delay_s(visit.site.origin)))
        try:
            fetch_episode(visit, series, number, folder / f"{number}.cbz")
        except CrawlError as error:
            failed[number] = str(error)
    return failed


@contextmanager
def _visiting(declared: SeriesParams, site: Site, params: CrawlParams) -> Iterator[Visit]:
    """A client and a browser at the site. Raises CrawlError when there is no browser."""
    agent = user_agent(params)
    with (
        Downloader(params, site.allowed_hosts) as downloader,
        browsing(find_browser(), site, params.timeout_s, agent) as session,
    ):
        yield Visit(site, _origin(declared), session, downloader, Robots(downloader.get), params)


def _origin(declared: SeriesParams) -> dict[str, str]:
    """What an episode's own file says about where it came from."""
    return {"site": declared.site, "title_id": declared.title}


def _holds(path: Path, declared: SeriesParams, number: int) -> bool:
    if not path.exists():
        return False
    try:
        info = read_info(path)
    except ToonsegError:
        return False
    wanted = {**_origin(declared), "number": number}
    return {key: info.get(key) for key in wanted} == wanted


def _tidy(folder: Path, declared: SeriesParams) -> None:
    """Remove the episodes that are not declared, and what a killed run left."""
    names = {f"{number}.cbz" for number in parse_episodes(declared.episodes)}
    for path in (*episodes(folder), *folder.glob(".*.partial")):
        if path.name not in names:
            path.unlink()


def _table(series: str, failed: dict[int, str], declared: int) -> str:
    width = max(len(str(number)) for number in failed)
    rows = "".join(f"\n  {number:>{width}}  {reason}" for number, reason in failed.items())
    return (
        f"{len(failed)} of {declared} episodes of {series} failed, the others are kept; "
        f"run it again to fetch what is missing:{rows}"
    )

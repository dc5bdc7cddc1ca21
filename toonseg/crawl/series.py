"""A series: what is missing of it is fetched, what is no longer declared goes, what is there stays."""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from toonseg.archive import episodes, read_info, read_pages
from toonseg.console import progress
from toonseg.crawl.browser import browsing, find_browser
from toonseg.crawl.cache import Cache
from toonseg.crawl.download import Downloader
from toonseg.crawl.episode import Title, Visit, look, restore_episode, save_episode
from toonseg.crawl.hosts import Door
from toonseg.crawl.manners import CrawlParams, is_contact, require_permission, user_agent
from toonseg.crawl.sites import Site
from toonseg.errors import CrawlError, ParamsError, ToonsegError
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


def missing_episodes(folder: Path, declared: SeriesParams, site: Site) -> tuple[int, ...]:
    """Numbers of the declared episodes that ``folder`` does not hold whole, of that title at that site."""
    title = _title(folder.name, declared, site)
    return tuple(
        number
        for number in parse_episodes(declared.episodes)
        if not _holds(folder / f"{number}.cbz", title.origin(number))
    )


def crawl_series(
    series: str,
    declared: SeriesParams,
    site: Site,
    folder: Path,
    params: CrawlParams,
    cache: Cache | None = None,
    anew: Collection[int] = (),
) -> Crawled:
    """Bring ``folder`` to what is declared: one CBZ an episode.

    What ``cache`` holds is not fetched, but for the declared episodes that are wanted ``anew``. A failed
    episode does not stop the others: at the end CrawlError tells all that failed, and why; the next call
    fetches those. Nobody is asked for anything when nothing is missing. Raises ParamsError when the site may
    not be visited, and CrawlError when another run is at the series.
    """
    params = _with_contact(params, declared, series)
    require_permission(site, params)
    title = _title(series, declared, site)
    with alone(series, folder):
        tidy(folder, declared)
        missing = {*missing_episodes(folder, declared, site), *anew}
        ahead = {
            number: number in anew
            for number in sorted(missing)
            if number in anew or not _restored(cache, title, number, folder)
        }
        if ahead:
            with _visiting(title, params, cache) as visit:
                tries = _walk if _is_address(declared.title) else _by_number
                tried = progress(tries(visit, declared, ahead, folder), series, "episode", len(ahead))
                failed = {number: fault for number, fault in tried if fault}
            if failed:
                raise CrawlError(failures(series, failed, len(parse_episodes(declared.episodes))))
        return holdings(series, folder, len(ahead))


@contextmanager
def alone(series: str, folder: Path) -> Iterator[None]:
    """Make ``folder``, and keep other runs from it. Raises CrawlError when one is at it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.with_name(f".{folder.name}.lock")
    try:
        held = FileLock(path).acquire(timeout=0)
    except Timeout:
        raise CrawlError(f"{series} is being crawled by another run: wait for its end") from None
    with held:
        try:
            yield
        finally:
            with suppress(OSError):  # Windows deletes no file that is open
                path.unlink()


def holdings(series: str, folder: Path, fetched: int) -> Crawled:
    """What a series' folder holds."""
    pages = [page for path in episodes(folder) for page in read_pages(path, series)]
    return Crawled(len(episodes(folder)), len(pages), sum(page.bytes for page in pages), fetched)


def tidy(folder: Path, declared: SeriesParams) -> None:
    """Remove the episodes that are not declared, and what a killed run left."""
    names = {f"{number}.cbz" for number in parse_episodes(declared.episodes)}
    for path in (*episodes(folder), *folder.glob(".*.partial")):
        if path.name not in names:
            path.unlink()


def failures(series: str, failed: Mapping[int, str], declared: int) -> str:
    """A table of the episodes that failed, and why."""
    width = max(len(str(number)) for number in failed)
    rows = "".join(f"\n  {number:>{width}}  {failed[number]}" for number in sorted(failed))
    return (
        f"{len(failed)} of {declared} episodes of {series} failed, the others are kept; "
        f"run it again to fetch what is missing:{rows}"
    )


def _by_number(
    visit: Visit, declared: SeriesParams, ahead: Mapping[int, bool], folder: Path
) -> Iterator[tuple[int, str]]:
    """Fetch each episode at the address that its number gives; yields each with its fault, if any.

    ``ahead`` says of each whether it is fetched anew.
    """
    site, title_id = visit.title.site, visit.title.title_id
    for index, number in enumerate(sorted(ahead, reverse=declared.direction == "backward")):
        if index:
            _rest(visit)
        address = site.episode_address(title_id, number)
        _, fault = _try(visit, number, address, folder / f"{number}.cbz", ahead[number])
        yield number, fault


def _walk(
    visit: Visit, declared: SeriesParams, ahead: Mapping[int, bool], folder: Path
) -> Iterator[tuple[int, str]]:
    """Follow the links from the start, and fetch what is wanted on the way; yields as ``_by_number``.

    Where a page has no link, or failed, the neighbour's address is made from its number, as long as an
    episode that is wanted lies that way. So are those of the wanted that the links passed over.
    """
    site, wanted, seen = visit.title.site, set(ahead), set[int]()
    step = -1 if declared.direction == "backward" else 1
    number, address = _number(site, declared.title), declared.title
    while wanted and number not in seen and any((other - number) * step >= 0 for other in wanted):
        if seen:
            _rest(visit)
        seen.add(number)
        path = folder / f"{number}.cbz" if number in wanted else None
        link, fault = _try(visit, number, address, path, ahead.get(number, False), step)
        if number in wanted:
            wanted.discard(number)
            yield number, fault
        place = site.episode_at(link) if link else None
        if link and place and place[0] == visit.title.title_id and place[1] not in seen:
            number, address = place[1], link
        else:
            number += step
            address = site.address_beside(address, number)
    for number in sorted(wanted):
        if (number - _number(site, declared.title)) * step < 0:
            yield (
                number,
                f"it does not lie {declared.direction} of {declared.title}, where the links begin",
            )
            continue
        _rest(visit)
        address = site.address_beside(declared.title, number)
        _, fault = _try(visit, number, address, folder / f"{number}.cbz", ahead[number])
        yield number, fault and f"no link leads to it, and {fault}"


def _try(
    visit: Visit, number: int, address: str, path: Path | None, anew: bool, step: int = 1
) -> tuple[str | None, str]:
    """Look at an episode, and write it where a path is given: the link onwards, and what went wrong."""
    link = None
    try:
        view = look(visit, address)
        link = view.next if step > 0 else view.previous
        if path:
            save_episode(visit, view, number, path, anew)
    except CrawlError as error:
        return link, str(error)
    return link, ""


def _rest(visit: Visit) -> None:
    time.sleep(max(visit.params.delay_s, visit.downloader.delay_s(visit.title.site.origin)))


@contextmanager
def _visiting(title: Title, params: CrawlParams, cache: Cache | None) -> Iterator[Visit]:
    """A client and a browser at the site. Raises CrawlError when there is no browser."""
    site = title.site
    door = Door(site.allowed_hosts, site.is_local)
    with (
        Downloader(params, door, cache) as downloader,
        browsing(find_browser(), site, params.timeout_s, user_agent(params)) as session,
    ):
        yield Visit(title, session, downloader, params, cache)


def _title(series: str, declared: SeriesParams, site: Site) -> Title:
    """The series at its site. Raises ParamsError when its start address is none of the site's."""
    title_id = declared.title
    if _is_address(title_id):
        place = site.episode_at(title_id)
        if place is None:
            raise ParamsError(
                f"series {series}: title is an address, {title_id}, but no episode's page of "
                f"{site.origin}{site.page}"
            )
        title_id = place[0]
    return Title(series, declared.site, title_id, site)


def _number(site: Site, address: str) -> int:
    place = site.episode_at(address)
    assert place is not None  # as _title has seen to
    return place[1]


def _is_address(title: str) -> bool:
    return title.startswith(("http://", "https://"))


def _with_contact(params: CrawlParams, declared: SeriesParams, series: str) -> CrawlParams:
    if declared.contact and not is_contact(declared.contact):
        raise ParamsError(f"series {series}: contact must be a mail or web address, got {declared.contact!r}")
    return replace(params, contact=declared.contact or params.contact)


def _restored(cache: Cache | None, title: Title, number: int, folder: Path) -> bool:
    return cache is not None and restore_episode(cache, title, number, folder / f"{number}.cbz")


def _holds(path: Path, wanted: Mapping[str, str | int]) -> bool:
    if not path.exists():
        return False
    try:
        info = read_info(path)
    except ToonsegError:
        return False
    return {key: info.get(key) for key in wanted} == wanted

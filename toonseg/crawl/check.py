"""What a site's file finds on one page, in words: for those who write such a file."""

from dataclasses import replace

from toonseg.crawl.browser import View, browsing, find_browser
from toonseg.crawl.download import Downloader
from toonseg.crawl.episode import check_open, pages_of
from toonseg.crawl.hosts import Door
from toonseg.crawl.manners import CrawlParams, require_permission, user_agent
from toonseg.crawl.robots import origin
from toonseg.crawl.sites import Site, load_site
from toonseg.errors import CrawlError


def check_site(name: str, address: str, params: CrawlParams) -> int:
    """Show the page at ``address`` in a browser, and print what the site's file finds there.

    No image is fetched, but its host is asked for robots.txt. Raises CrawlError when an episode could not
    be fetched from what was found.
    """
    site = _served_there(load_site(name), address)
    require_permission(site, params)
    if site.episode_at(address) is None:
        raise CrawlError(f"{address} is no episode's page of {site.origin}{site.page}")
    door = Door(site.allowed_hosts, site.is_local)
    with (
        Downloader(params, door) as downloader,
        browsing(find_browser(), site, params.timeout_s, user_agent(params)) as session,
    ):
        downloader.permit(address)
        view = session.view(address)
        for line in report(site, view):
            print(line)
        check_open(site, view, address)
        for page in pages_of(site, view, address):
            downloader.permit(page)
    return 0


def report(site: Site, view: View) -> list[str]:
    """A line for each thing that was found, for each request of scripts that failed, and for each image."""
    place = site.episode_at(view.address)
    title_id, number = place or ("", "none")
    found = {
        "address": view.address,
        "status": str(view.status),
        "title id": title_id,
        "episode": str(number),
        "title": view.title,
        "previous": view.previous,
        "next": view.next,
        "closed": view.closed or site.closed_by_address(view.address),
        "refused": ", ".join(view.refused),
    }
    kinds = [(address, _kind(site, address)) for address in view.addresses]
    pages = sum(kind == "page" for _, kind in kinds)
    lines = [f"{name:9} {value or '-'}" for name, value in found.items()]
    lines += [f"failed    {status or '-'} {asked}" for status, asked in view.failed]
    lines.append(f"images    {len(kinds)} found, {pages} of them pages")
    return lines + [
        f"  {index:3}  {kind:5} {address or '-'}" for index, (address, kind) in enumerate(kinds, 1)
    ]


def _kind(site: Site, address: str | None) -> str:
    if address is None:
        return "none"
    return "drop" if site.drops(address) else "page"


def _served_there(site: Site, address: str) -> Site:
    """A local site's port is whichever it is served at."""
    if not site.is_local:
        return site
    Door(site.allowed_hosts, local=True).check(address)
    return replace(site, origin=origin(address))

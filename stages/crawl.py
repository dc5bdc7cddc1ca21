"""Fetch what is missing of a series' declared episodes: one CBZ an episode, the server's bytes untouched."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from toonseg.console import run_stage
from toonseg.crawl.download import CrawlParams
from toonseg.crawl.series import crawl_series, missing_episodes
from toonseg.crawl.sites import Site, load_site
from toonseg.params import load_params
from toonseg.series import SeriesParams

PAGES = Path("data/pages")


def main(series: str) -> str:
    """Bring the folder of ``series`` to what params.yaml declares."""
    declared = load_params(f"series.{series}", SeriesParams)
    params = load_params("crawl", CrawlParams)
    folder = PAGES / series
    with _reachable(load_site(declared.site), declared, missing_episodes(folder, declared)) as site:
        return str(crawl_series(series, declared, site, folder, params))


@contextmanager
def _reachable(site: Site, declared: SeriesParams, missing: tuple[int, ...]) -> Iterator[Site]:
    """The site; the demo's own is served while it is needed, and drawn ahead of the browser."""
    if declared.site != "demo" or not missing:
        yield site
        return
    from toonseg.demo.site import serve

    with serve(ahead=[(declared.title, number) for number in missing]) as served:
        yield replace(site, origin=served.page_origin)


if __name__ == "__main__":
    run_stage("crawl", main)

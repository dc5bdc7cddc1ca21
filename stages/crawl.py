"""Fetch what is missing of a series' declared episodes: one CBZ an episode, the server's bytes untouched."""

from toonseg.console import run_stage
from toonseg.crawl.manners import CrawlParams
from toonseg.crawl.run import fetch_series
from toonseg.params import load_params
from toonseg.series import SeriesParams


def main(series: str) -> str:
    """Bring the folder of ``series`` to what params.yaml declares."""
    declared = load_params(f"series.{series}", SeriesParams)
    params = load_params("crawl", CrawlParams)
    return str(fetch_series(series, declared, params))


if __name__ == "__main__":
    run_stage("crawl", main)

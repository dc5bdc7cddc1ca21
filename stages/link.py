"""Place a series' pages on one strip for each episode: a table, no picture."""

from pathlib import Path

from toonseg.console import run_stage
from toonseg.pages import link_series
from toonseg.records import Placement
from toonseg.store import write_table


def main(series: str) -> str:
    """Read the sizes of the pages in data/pages/SERIES, write data/strips/SERIES.csv."""
    placements = link_series(Path("data/pages", series))
    write_table(Path("data/strips", f"{series}.csv"), placements, Placement)
    strips = len({placement.episode for placement in placements})
    return f"{len(placements)} pages on {strips} strips"


if __name__ == "__main__":
    run_stage("link", main)

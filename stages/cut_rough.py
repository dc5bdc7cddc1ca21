"""Find the bands between the gutters of a series' strips."""

from pathlib import Path

from toonseg.console import run_stage
from toonseg.cuts.bands import RoughCutParams
from toonseg.episodes import rough_cut_series
from toonseg.params import load_params
from toonseg.records import Band, Placement
from toonseg.store import read_table, write_table


def main(series: str) -> str:
    """Read data/strips/SERIES.csv and the pages it places, write data/bands/SERIES.csv."""
    params = load_params("cut_rough", RoughCutParams)
    placements = read_table(Path("data/strips", f"{series}.csv"), Placement)
    bands = rough_cut_series(Path("data/pages", series), placements, params)
    write_table(Path("data/bands", f"{series}.csv"), bands, Band)
    return f"{len(bands)} bands"


if __name__ == "__main__":
    run_stage("cut_rough", main)

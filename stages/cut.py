"""Cut a series' bands to panels, and set drawings of text only aside."""

from functools import partial
from pathlib import Path

from toonseg.console import run_stage
from toonseg.episodes import CutParams, count_cut, cut_series
from toonseg.params import load_params
from toonseg.pictures.preview import write_preview
from toonseg.records import Band, Panel, Placement
from toonseg.store import read_table, whole_folder, write_json, write_table


def main(series: str) -> str:
    """Read the strips, bands and pages of a series, write data/panels/SERIES and metrics/cut/SERIES.json.

    plots/cut/SERIES gets a preview of each episode.
    """
    params = load_params("cut", CutParams)
    placements = read_table(Path("data/strips", f"{series}.csv"), Placement)
    bands = read_table(Path("data/bands", f"{series}.csv"), Band)
    with (
        whole_folder(Path("plots/cut", series)) as previews,
        whole_folder(Path("data/panels", series)) as folder,
    ):
        draw = partial(write_preview, previews)
        panels = cut_series(Path("data/pages", series), placements, bands, params, folder, draw=draw)
        write_table(folder / "panels.csv", panels, Panel)
    counts = count_cut(placements, bands, panels)
    write_json(Path("metrics/cut", f"{series}.json"), counts)
    return f"{counts['panels']} panels and {counts['texts']} texts of {counts['episodes']} episodes"


if __name__ == "__main__":
    run_stage("cut", main)

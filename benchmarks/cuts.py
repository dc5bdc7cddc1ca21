"""Score the cutter on drawn strips: ``python -m benchmarks.cuts [--strips N] [--demo] [--kumiko DIR]``.

Prints for each group the F1 of the panels at IoU .75 and .9, the median error of an edge in pixels, how many
drawings of text only were taken for panels, and how many panels that were not found were merged with others,
split, or otherwise broken. Beside it stand both F1 and the kept texts of the cutter of 2021, and those of
kumiko where a checkout of it is given. ``benchmarks.cut_speed`` measures time and memory.
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.kumiko import cut_kumiko
from benchmarks.original_cut import cut_2021
from toonseg.cuts.bands import RoughCutParams, find_bands
from toonseg.cuts.panels import Drawing, find_panels
from toonseg.demo.artist.episode import draw_episode
from toonseg.episodes import CutParams
from toonseg.images import decode, decode_half
from toonseg.params import load_params
from toonseg.records import PANEL, Page
from toonseg.strip import Strip, place_pages

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from drawn_art import Box, Picture
from drawn_score import Score
from drawn_strips import GROUPS, draw_strip

OURS = "ours"
SERIES = ("after-class", "moonlit-bus", "tidal-town")


def open_pages(pages: list[bytes], width: int) -> Strip:
    """The strip of pages in memory."""
    shapes = [decode(data, "page").shape for data in pages]
    rows = [Page("s", "1", n, str(n), shape[1], shape[0], 1, 0, "") for n, shape in enumerate(shapes, 1)]
    return Strip(
        place_pages(rows, width),
        lambda placement: decode(pages[placement.page - 1], "page"),
        lambda placement: decode_half(pages[placement.page - 1], "page"),
        width,
    )


def drawn(group: str, number: int) -> tuple[list[bytes], list[Box], list[Box], int]:
    """Pages, panels, texts and width of a strip of a group, or of a demo episode."""
    if group not in SERIES:
        return draw_strip(group, number)
    episode = draw_episode(group, number + 1)
    return [data for _, data in episode.pages], list(episode.panels), list(episode.texts), episode.width


def outline(
    strip: Strip, bands: list[tuple[int, int]], drawings: list[Drawing], panels: list[Box], texts: list[Box]
) -> Picture:
    """The strip in columns, scaled down: true panels green, found red, bands blue, texts orange."""
    picture = strip.rows(0, strip.height).copy()
    for y0, y1 in bands:
        cv2.rectangle(picture, (2, y0), (12, y1), (0, 0, 255), -1)
    for box in panels:
        cv2.rectangle(picture, box[:2], (box[2] - 1, box[3] - 1), (0, 200, 0), 9)
    for box in texts:
        cv2.rectangle(picture, box[:2], (box[2] - 1, box[3] - 1), (0, 200, 200), 7)
    for cut in drawings:
        colour = (255, 0, 0) if cut.kind == PANEL else (255, 150, 0)
        cv2.rectangle(picture, (cut.x0, cut.y0), (cut.x1 - 1, cut.y1 - 1), colour, 4)
    small = cv2.resize(picture, (picture.shape[1] // 3, picture.shape[0] // 3), interpolation=cv2.INTER_AREA)
    tall = 1400
    columns = [small[y : y + tall] for y in range(0, len(small), tall)]
    columns = [np.pad(c, ((0, tall - len(c)), (0, 8), (0, 0)), constant_values=128) for c in columns]
    return np.concatenate(columns, axis=1)


def score_group(
    group: str, numbers: Iterable[int], params: Path, pictures: Path | None, kumiko: Path | None
) -> dict[str, Score]:
    """Cut the group's strips of these numbers, with each cutter; ``pictures`` is a folder to draw ours in."""
    rough = load_params("cut_rough", RoughCutParams, params)
    fine = load_params("cut", CutParams, params)
    scores = {name: Score() for name in (OURS, "2021", *(["kumiko"] if kumiko else []))}
    for number in numbers:
        pages, panels, texts, width = drawn(group, number)
        strip = open_pages(pages, width)
        bands = find_bands(strip, rough)
        drawings = find_panels(strip, bands, fine)
        scores[OURS].add(panels, texts, [(d.x0, d.y0, d.x1, d.y1) for d in drawings if d.kind == PANEL])
        scores["2021"].add(panels, texts, cut_2021(strip.rows(0, strip.height)))
        if kumiko:
            scores["kumiko"].add(panels, texts, cut_kumiko(kumiko, pages, strip.placements))
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            picture = outline(strip, bands, drawings, panels, texts)
            cv2.imwrite(str(pictures / f"{group.replace(' ', '-')}-{number}.png"), picture[..., ::-1])
    return scores


def row(name: str, scores: dict[str, Score]) -> str:
    """A row of the table: all about our cutter, and the others in brief."""
    others = [f" | {score.brief()}" for cutter, score in scores.items() if cutter != OURS]
    return scores[OURS].line(name) + "".join(others)


def main() -> None:
    """Score every group and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--strips", type=int, default=3, help="of each group")
    parser.add_argument("--seed", type=int, default=0, help="number of the first strip")
    parser.add_argument("--groups", nargs="*", default=list(GROUPS), help="names of groups")
    parser.add_argument("--demo", action="store_true", help="score the demo's series instead")
    parser.add_argument("--kumiko", type=Path, metavar="DIR", help="a checkout of kumiko to score, too")
    parser.add_argument("--pictures", type=Path, help="where to draw what was found")
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    options = parser.parse_args()
    if options.kumiko and not (options.kumiko / "kumiko").is_file():
        parser.error(f"{options.kumiko} is no checkout of kumiko: it holds no file of that name")
    cv2.setNumThreads(1)
    numbers = range(options.seed, options.seed + options.strips)
    whole: dict[str, Score] = {}
    for group in SERIES if options.demo else options.groups:
        scores = score_group(group, numbers, options.params, options.pictures, options.kumiko)
        if not whole:
            heads = [f" | {cutter:6s}F1@.9 kept   " for cutter in scores if cutter != OURS]
            print("group            F1@.75 F1@.9  edge  kept   merged split broken" + "".join(heads))
        print(row(group, scores), flush=True)
        whole = {cutter: whole.get(cutter, Score()).plus(score) for cutter, score in scores.items()}
    if whole:
        print(row(f"all {whole[OURS].true} panels", whole))


if __name__ == "__main__":
    main()

"""Score the cutter on drawn strips: ``python -m benchmarks.cuts [--strips N] [--demo] [--2021]``.

Prints for each group the F1 of the panels at IoU .75 and .9, the median error of an edge in pixels, how many
drawings of text only were taken for panels, and how many panels that were not found were merged with others,
split, or otherwise broken. ``benchmarks.cut_speed`` measures time and memory.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

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
    group: str, numbers: Iterator[int], params: Path, pictures: Path | None, original: bool
) -> Score:
    """Cut the group's strips of these numbers; ``pictures`` is a folder to draw what was found in."""
    rough = load_params("cut_rough", RoughCutParams, params)
    fine = load_params("cut", CutParams, params)
    score = Score()
    for number in numbers:
        pages, panels, texts, width = drawn(group, number)
        strip = open_pages(pages, width)
        if original:
            score.add(panels, texts, cut_2021(strip.rows(0, strip.height)))
            continue
        bands = find_bands(strip, rough)
        drawings = find_panels(strip, bands, fine)
        score.add(panels, texts, [(d.x0, d.y0, d.x1, d.y1) for d in drawings if d.kind == PANEL])
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            picture = outline(strip, bands, drawings, panels, texts)
            cv2.imwrite(str(pictures / f"{group.replace(' ', '-')}-{number}.png"), picture[..., ::-1])
    return score


def main() -> None:
    """Score every group and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--strips", type=int, default=3, help="of each group")
    parser.add_argument("--seed", type=int, default=0, help="number of the first strip")
    parser.add_argument("--groups", nargs="*", default=list(GROUPS), help="names of groups")
    parser.add_argument("--demo", action="store_true", help="score the demo's series instead")
    parser.add_argument(
        "--2021", action="store_true", dest="original", help="score the cutter of 2021 instead"
    )
    parser.add_argument("--pictures", type=Path, help="where to draw what was found")
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    whole = Score()
    print("group            F1@.75 F1@.9  edge  kept   merged split broken")
    for group in SERIES if options.demo else options.groups:
        numbers = range(options.seed, options.seed + options.strips)
        score = score_group(group, iter(numbers), options.params, options.pictures, options.original)
        print(score.line(group), flush=True)
        whole = whole.plus(score)
    print(whole.line(f"all {whole.true} panels"))


if __name__ == "__main__":
    main()

"""What labels lose when the cut changes: ``python -m benchmarks.reprojection``.

Every threshold of the cut is moved by a fifth, down and up, and the same labels are projected on the panels
that it gives then. A line a change: the fates of the labels; in how many of the places that both cuts show,
the masks are the same pixel by pixel; how well labels that hold the artist's exact masks agree with what
the artist drew; and how well the demo's own labels do, which are traced as a hand would. What the hand alone
costs, before any projection, is told first.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.labels import iou
from toonseg.cuts.bands import RoughCutParams, find_bands
from toonseg.cuts.panels import find_panels
from toonseg.demo.artist.episode import Episode, draw_episode
from toonseg.demo.labels import label_regions, trace
from toonseg.episodes import CutParams
from toonseg.geometry import Box, Mask, decode_rle, encode_rle, intersection, segmentation_rle, shift_box
from toonseg.images import decode
from toonseg.labels.project import LabelledPanel, Projection, project
from toonseg.labels.regions import Instance, LabelledRegion
from toonseg.params import load_params
from toonseg.records import PANEL, Page, Panel
from toonseg.strip import Strip, place_pages

MIN_VISIBLE, MIN_LABELLED = 0.3, 0.9


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--series", default="after-class")
    parser.add_argument("--episodes", type=int, default=2)
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    options = parser.parse_args()
    drawn = [draw_episode(options.series, number) for number in range(1, options.episodes + 1)]
    by_hand, exact = _regions(drawn)
    own = [
        iou(segmentation_rle(mine.segmentation, of.height, of.width), its.segmentation)  # type: ignore[arg-type]
        for of, truth in zip(by_hand, exact, strict=True)
        for mine, its in zip(of.instances, truth.instances, strict=True)
    ]
    print(f"{len(own)} labels; the hand's, before any cut: mean IoU {np.mean(own):.4f}, least {min(own):.3f}")
    print("threshold                          panels   kept ignored outside  same pixels   exact    hand")
    before: Projection | None = None
    for name, rough, fine in _variants(options.params):
        panels = [panel for episode in drawn for panel in _panels_of(episode, rough, fine)]
        hand, true = (project(panels, regions, MIN_VISIBLE, MIN_LABELLED) for regions in (by_hand, exact))
        before = before or hand
        fates = Counter[str]()
        for (_, fate), count in hand.fates.items():
            fates[fate] += count
        told = "".join(f"{fates[fate]:8}" for fate in ("kept", "ignored", "outside"))
        same, places = _same_places(before, hand)
        drawn_ious, hand_ious = _against_drawings(true, drawn), _paired_ious(hand, true)
        print(
            f"{name:34}{len(panels):6} {told}{same:7} of {places:4}{np.mean(drawn_ious):9.5f}"
            f"{np.mean(hand_ious):8.4f}",
            flush=True,
        )


def _regions(drawn: Sequence[Episode]) -> tuple[list[LabelledRegion], list[LabelledRegion]]:
    """The labels of episodes as a hand traces them, and as exact masks, instance by instance."""
    by_hand: list[LabelledRegion] = []
    exact: list[LabelledRegion] = []
    for episode in drawn:
        for (x0, y0, x1, y1), members in label_regions(episode):
            polygons: list[Instance] = []
            masks: list[Instance] = []
            for instance in (of for of in episode.instances if of.panel in members):
                whole = np.zeros((y1 - y0, x1 - x0), dtype=bool)
                height, width = instance.mask.shape
                top, left = instance.y0 - y0, instance.x0 - x0
                whole[top : top + height, left : left + width] = instance.mask
                if traced := trace(whole):
                    number, name = len(masks) + 1, instance.class_name
                    polygons.append(Instance(number, name, tuple(map(tuple, traced))))
                    masks.append(Instance(number, name, encode_rle(whole)))
            at = (len(exact) + 1, episode.series, str(episode.number), x0, y0, x1 - x0, y1 - y0, "")
            by_hand.append(LabelledRegion(*at, tuple(polygons)))
            exact.append(LabelledRegion(*at, tuple(masks)))
    return by_hand, exact


def _variants(path: Path) -> Iterator[tuple[str, RoughCutParams, CutParams]]:
    """The parameters of the cut as they are, and with one threshold a fifth lower or higher at a time."""
    rough = load_params("cut_rough", RoughCutParams, path)
    fine = load_params("cut", CutParams, path)
    yield "as they are", rough, fine
    for of in (rough, fine):
        for field in fields(of):
            value = getattr(of, field.name)
            if isinstance(value, str) or field.name == "quality":
                continue
            for factor in (0.8, 1.2):
                changed: Any = replace(of, **{field.name: type(value)(round(value * factor, 6))})
                pair = (changed, fine) if of is rough else (rough, changed)
                yield f"{field.name} {getattr(changed, field.name)}", *pair


def _panels_of(episode: Episode, rough: RoughCutParams, fine: CutParams) -> Iterator[Panel]:
    """The panels that the cut finds in an episode."""
    pictures = [decode(data, name) for name, data in episode.pages]
    rows = [Page("", "", n, "", p.shape[1], p.shape[0], 1, 0, "") for n, p in enumerate(pictures)]
    strip = Strip(place_pages(rows, episode.width), lambda placement: pictures[placement.page])
    for cut in find_panels(strip, find_bands(strip, rough), fine):
        if cut.kind == PANEL:
            box = cut.x0, cut.y0, cut.x1, cut.y1
            yield Panel(episode.series, str(episode.number), *box, PANEL, "")


def _same_places(before: Projection, after: Projection) -> tuple[int, int]:
    """Of the places that panels of both cuts show, those with the same pixels of each class; and all."""
    same = places = 0
    for one in before.labelled:
        for other in after.labelled:
            both = intersection(_box(one), _box(other))
            if one.panel.episode == other.panel.episode and both[0] < both[2] and both[1] < both[3]:
                first, second = (_classes(shown, both) for shown in (one, other))
                places += 1
                same += first.keys() == second.keys() and all(
                    (mask == second[name]).all() for name, mask in first.items()
                )
    return same, places


def _classes(shown: LabelledPanel, box: Box) -> dict[str, Mask]:
    """The pixels of each class that a panel shows in a part of the strip, ignored ones too."""
    x0, y0, x1, y1 = shift_box(box, -shown.panel.x0, -shown.panel.y0)
    masks: dict[str, Mask] = defaultdict(lambda: np.zeros((y1 - y0, x1 - x0), dtype=bool))
    for found in shown.annotations:
        if (part := decode_rle(found.rle)[y0:y1, x0:x1]).any():
            masks[found.name] |= part
    return dict(masks)


def _against_drawings(projection: Projection, drawn: Sequence[Episode]) -> list[float]:
    """IoU of each class that a panel shows with what the artist drew there."""
    numbered = {str(episode.number): episode for episode in drawn}
    ious = []
    for shown in projection.labelled:
        episode, box = numbered[shown.panel.episode], _box(shown)
        ours, theirs = _classes(shown, box), _drawn_classes(episode, box)
        ious += [
            float((mask & theirs[name]).sum() / (mask | theirs[name]).sum()) for name, mask in ours.items()
        ]
    return ious


def _drawn_classes(episode: Episode, box: Box) -> dict[str, Mask]:
    """The pixels of each class that the artist drew in a part of the strip, untraced crumbs too."""
    x0, y0, x1, y1 = box
    masks: dict[str, NDArray[np.bool_]] = defaultdict(lambda: np.zeros((y1 - y0, x1 - x0), dtype=bool))
    for instance in episode.instances:
        height, width = instance.mask.shape
        at = instance.x0, instance.y0, instance.x0 + width, instance.y0 + height
        u0, v0, u1, v1 = intersection(at, box)
        if u0 < u1 and v0 < v1:
            part = instance.mask[v0 - at[1] : v1 - at[1], u0 - at[0] : u1 - at[0]]
            masks[instance.class_name][v0 - y0 : v1 - y0, u0 - x0 : u1 - x0] |= part
    return masks


def _paired_ious(ours: Projection, truth: Projection) -> list[float]:
    """IoU of each kept label with the artist's mask of the same thing, panel by panel."""
    ious = []
    for one, other in zip(ours.labelled, truth.labelled, strict=True):
        masks = [[its for its in of.annotations if not its.ignored] for of in (one, other)]
        if [its.name for its in masks[0]] == [its.name for its in masks[1]]:
            ious += [iou(mine.rle, exact.rle) for mine, exact in zip(*masks, strict=True)]
    return ious


def _box(shown: LabelledPanel) -> Box:
    return shown.panel.x0, shown.panel.y0, shown.panel.x1, shown.panel.y1


if __name__ == "__main__":
    main()

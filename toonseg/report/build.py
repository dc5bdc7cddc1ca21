"""The report's folder, written from the pipeline's outputs.

    report/
      index.html, *.css, *.js    the page; it asks no server for anything
      data.js                    classes, numbers, every panel's labels and predictions without their shapes
      panels/NUMBER.webp         a panel, small
      masks/NUMBER.js            its masks as SVG paths, loaded when the panel comes into view

A panel's NUMBER is its place in data.js.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import cv2
import numpy as np
from annotated_types import Ge, Le

from toonseg.console import progress
from toonseg.digests import perceptual_hash
from toonseg.images import Picture, encode
from toonseg.panels import read_panel
from toonseg.pictures.palette import class_colour
from toonseg.report.leaks import shared_episodes, twins
from toonseg.report.outline import svg_path
from toonseg.report.sources import (
    EVALUATION,
    SPLIT,
    ShownPanel,
    cut_counts,
    optional,
    project_reader,
    read_panels,
    script,
)
from toonseg.report.verdicts import KINDS, verdicts
from toonseg.store import whole_folder

PAGE = files("toonseg.report") / "page"


@dataclass(frozen=True)
class ReportParams:
    """Section ``report``; params.yaml tells each key's effect."""

    picture_px: Annotated[int, Ge(64), Le(2048)]
    quality: Annotated[int, Ge(1), Le(100)]
    score: Annotated[float, Ge(0), Le(1)]
    twin_bits: Annotated[int, Ge(0), Le(256)]


Changes = Callable[[Sequence[ShownPanel]], dict[str, Any]]


def build_report(root: Path, out: Path, params: ReportParams, changes: Changes | None = None) -> str:
    """Write the report on the project in ``root`` to the folder ``out``, whole or not at all; gives a line.

    One picture is in memory at a time. ``changes`` tells what changed against another commit. Raises
    ToonsegError when an output of the pipeline is missing or does not fit the others.
    """
    read = project_reader(root)
    classes, panels = read_panels(read)
    with whole_folder(out) as aside:
        for name in ("panels", "masks"):
            (aside / name).mkdir()
        rows, hashes = [], {}
        for number, panel in enumerate(progress(panels, "report", "panel", len(panels))):
            _, picture = read_panel(root / "data/panels", panel.path, panel.width, panel.height)
            hashes[number] = perceptual_hash(picture)
            (aside / f"panels/{number}.webp").write_bytes(_small(picture, params))
            (aside / f"masks/{number}.js").write_bytes(script("masks", [number, *_shapes(panel)]))
            rows.append(_row(panel))
        data = {
            "classes": [_class(class_id, name) for class_id, name in classes.items()],
            "kinds": KINDS,
            "score": params.score,
            "cut": cut_counts(root),
            "split": optional(read, SPLIT),
            "evaluation": optional(read, EVALUATION),
            "panels": rows,
            "episodes": shared_episodes(panels),
            "twins": [asdict(pair) for pair in twins(panels, hashes, params.twin_bits)],
            "changes": changes(panels) if changes else None,
        }
        (aside / "data.js").write_bytes(script("start", data))
        for source in sorted(PAGE.iterdir(), key=lambda file: file.name):
            (aside / source.name).write_bytes(source.read_bytes())
    sides = [
        f"{count} {side}"
        for side in ("train", "val", "test", "unlabelled")
        if (count := sum(panel.side == side for panel in panels)) or side != "val"
    ]
    return f"{out / 'index.html'}: {len(panels)} panels ({', '.join(sides)})"


def _class(class_id: int, name: str) -> dict[str, Any]:
    red, green, blue = class_colour(class_id)
    return {"id": class_id, "name": name, "colour": f"#{red:02x}{green:02x}{blue:02x}"}


def _small(picture: Picture, params: ReportParams) -> bytes:
    """A WebP of at most ``picture_px`` on the long side."""
    height, width = picture.shape[:2]
    factor = min(1.0, params.picture_px / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = picture if factor == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return encode(np.ascontiguousarray(small, np.uint8), "webp", params.quality)


def _drawn(panel: ShownPanel) -> list[Mapping[str, Any]]:
    """The labels that count: without ignored regions."""
    return [label for label in panel.labels if not label["iscrowd"]]


def _shapes(panel: ShownPanel) -> tuple[list[str], list[str]]:
    """Paths of a panel's labels and of its predictions."""
    return (
        [svg_path(label["segmentation"]) for label in _drawn(panel)],
        [svg_path(prediction["segmentation"]) for prediction in panel.predictions],
    )


def _row(panel: ShownPanel) -> dict[str, Any]:
    """A panel without pictures: labels as class ids, predictions as class, score, verdict and label.

    Without labels nothing can be judged: the verdict of each prediction is -1.
    """
    drawn = _drawn(panel)
    ignored = [label for label in panel.labels if label["iscrowd"]]
    judged = verdicts([*drawn, *ignored], panel.predictions) if panel.side == "test" else []
    return {
        "path": panel.path,
        "series": panel.series,
        "episode": panel.episode,
        "side": panel.side,
        "size": [panel.width, panel.height],
        "labels": [label["category_id"] for label in drawn],
        "found": [
            [
                one["category_id"],
                round(one["score"], 3),
                KINDS.index(judged[at].kind) if judged else -1,
                judged[at].label if judged else -1,
            ]
            for at, one in enumerate(panel.predictions)
        ],
    }

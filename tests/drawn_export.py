"""Small exports whose inputs a reader sees: masks drawn as text, on panels of noise."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from toonseg.export.instances import ExportJob, ExportPanel, ExportParams, OpenPanel, choose_instances
from toonseg.export.layouts import LAYOUTS, WITH_PIXELS, export_panels
from toonseg.export.leave import shelves
from toonseg.geometry import encode_rle
from toonseg.images import encode
from toonseg.records import Panel

CLASSES = {1: "hair", 2: "tie"}
HAIR, TIE = 1, 2


def drawn(text):
    return np.array([[letter == "#" for letter in row] for row in text.split()])


def params(**changes):
    values = {
        "series": ["바다"],
        "classes": ["hair", "tie"],
        "layouts": list(LAYOUTS),
        "source": "both",
        "min_score": 0.5,
        "max_overlap": 0.5,
        "pixels": False,
        "masks_licence": "CC-BY-4.0",
        "device": "cpu",
    }
    return ExportParams(**{**values, **changes})


def label(text, class_id=HAIR, iscrowd=0):
    return {"category_id": class_id, "segmentation": encode_rle(drawn(text)), "iscrowd": iscrowd}


def result(text, score, class_id=HAIR):
    return {"category_id": class_id, "segmentation": encode_rle(drawn(text)), "score": score}


def chosen(labels, predictions, **changes):
    return choose_instances(labels, predictions, CLASSES, params(**changes))


def picture_of(number, height, width):
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)


def panel_of(number, labels, predictions, series="바다", episode="3", side="unlabelled", **changes):
    height, width = (labels or predictions)[0]["segmentation"]["size"]
    y0 = 100 * number
    path = f"{series}/{episode}/{y0:06d}-0000.png"
    picture = picture_of(number, height, width)
    which = Panel(series, episode, 0, y0, width, y0 + height, "panel", path)
    instances = chosen(labels, predictions, **changes)
    return OpenPanel(which, instances, side, encode(picture, "png", 100), picture)


def two_panels():
    return [
        panel_of(1, [label("##.. ##.. ....")], [result("...# ...# ..##", 0.75, TIE)]),
        panel_of(2, [], [result("####. #####", 0.6), result("..### ..###", 0.9, TIE)]),
    ]


def job(classes=CLASSES, pages=()):
    return ExportJob(
        dict(classes), lambda series: [page for page in pages if page.series == series], "CC-BY-4.0"
    )


def write_files(folder, panels):
    """Write the panels' files as a cut leaves them; gives the panels without their pixels."""
    for panel in panels:
        path = folder / panel.panel.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(panel.data)
    return [ExportPanel(panel.panel, panel.instances, panel.side) for panel in panels]


def export(folder, panels, layouts, classes=CLASSES, licence="own", pixels=False, pages=(), processes=1):
    """Export to a folder; every series has the same licence."""
    licences = {panel.panel.series: licence for panel in panels} or {"바다": licence}
    places = shelves(layouts, licences, WITH_PIXELS, pixels)
    with TemporaryDirectory() as cut:
        closed = write_files(Path(cut), panels)
        return export_panels(folder, Path(cut), closed, job(classes, pages), places, processes)


def everything(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

"""A model at work on the files of panels: on this machine, or spread over a cluster."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from toonseg.console import progress
from toonseg.engines.base import LOOK_AHEAD, Coco, Device, Predictor, load
from toonseg.engines.model_dir import read_model_card
from toonseg.errors import EngineError
from toonseg.panels import read_panel_file, read_pictures
from toonseg.parallel import Task, map_tasks, on_cluster
from toonseg.store import Source, Write, write_bytes

Image = Mapping[str, Any]


class PanelPredictor(Protocol):
    """A model that predicts panels' files."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories' names; the first has id 1."""

    def predict(self, folder: Path, images: Sequence[Image], score_floor: float) -> list[Coco]:
        """COCO results, as ``toonseg.engines.base.Predictor`` gives them, of the images of a COCO file.

        Their ``file_name`` lies below ``folder``. Raises ImageError when one is missing, damaged or not of
        the size that its row tells.
        """


def open_predictor(model: Path, device: Device, categories: Iterable[Coco]) -> PanelPredictor:
    """Load the model directory here, or make ready to send it to the cluster that TOONSEG_ENGINE names.

    ``categories`` are those of the dataset, as COCO has them. Raises EngineError when the model was trained
    for others.
    """
    predictor = _OnCluster(model, device) if on_cluster() else _Here(model, device)
    classes = {category["id"]: category["name"] for category in categories}
    if dict(enumerate(predictor.classes, start=1)) != classes:
        raise EngineError(
            f"{model} knows {', '.join(predictor.classes)}, data/dataset {', '.join(classes.values())}: "
            "run `dvc repro`, which trains anew"
        )
    return predictor


class _Here:
    """One process: its threads, or its GPU, are used best by one stream of pictures."""

    def __init__(self, model: Path, device: Device) -> None:
        self._predictor = load(model, device)
        self.classes = self._predictor.classes

    def predict(self, folder: Path, images: Sequence[Image], score_floor: float) -> list[Coco]:
        pictures = progress(read_pictures(folder, images), "predict", "panel", len(images))
        return self._predictor.predict(pictures, score_floor)


class _OnCluster:
    """The model goes to each worker once, and so many panels to one of them as it takes at a time.

    So each batch is the one that it would be here: another could change the last digits of a score.
    """

    def __init__(self, model: Path, device: Device) -> None:
        self._model, self._device = model, device
        self.classes = tuple(read_model_card(model)["classes"])

    def predict(self, folder: Path, images: Sequence[Image], score_floor: float) -> list[Coco]:
        shares = [tuple(images[first : first + LOOK_AHEAD]) for first in range(0, len(images), LOOK_AHEAD)]
        tasks = [Task(share, tuple(folder / image["file_name"] for image in share)) for share in shares]
        files = sorted(path for path in self._model.iterdir() if path.is_file())
        work = partial(_predict, files=len(files), device=self._device, score_floor=score_floor)
        found = progress(map_tasks(work, tasks, common=files), "predict", "share", len(tasks))
        return [result for results in found for result in results]


def _predict(
    images: Sequence[Image],
    sources: Sequence[Source],
    _: Write,
    files: int,
    device: Device,
    score_floor: float,
) -> list[Coco]:
    """Predict a share of the panels; the first ``files`` of the sources are the model's."""
    predictor = _loaded(tuple(sources[:files]), device)
    pictures = (
        (image["id"], read_panel_file(source, image["width"], image["height"])[1])
        for image, source in zip(images, sources[files:], strict=True)
    )
    return predictor.predict(pictures, score_floor)


@lru_cache(maxsize=1)
def _loaded(files: tuple[Source, ...], device: Device) -> Predictor:
    """The model that ``files`` make up; a worker keeps it for its next share."""
    with TemporaryDirectory(prefix="toonseg-model-") as name:
        for file in files:
            write_bytes(Path(name) / file.name, file.read_bytes())
        return load(Path(name), device)

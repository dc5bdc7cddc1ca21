"""What a user meets who keeps the predictions from one score on: how many are right, and what for what."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from toonseg.metrics.checks import Results, Truth
from toonseg.metrics.matching import matched, pictures_of

NOTHING = "nothing"


@dataclass(frozen=True)
class ClassCount:
    """Instances of a class, predictions of it, and those that are right (mask of IoU .50 or more)."""

    name: str
    labelled: int
    predicted: int
    right: int

    @property
    def precision(self) -> float:
        """Share of the predictions that are right, in percent; 0 without any."""
        return round(100 * self.right / self.predicted, 2) if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the instances that are found, in percent; 0 without any."""
        return round(100 * self.right / self.labelled, 2) if self.labelled else 0.0


@dataclass(frozen=True)
class Confusion:
    """One instance and what it was taken for; either is ``nothing`` where the other stands alone."""

    actual: str
    predicted: str


@dataclass(frozen=True)
class Counts:
    """What there is from a score on; ``pairs`` are sorted by the classes' ids, nothing last."""

    classes: list[ClassCount]
    overall: ClassCount
    pairs: list[Confusion]


def counts(truth: Truth, results: Results, least_score: float) -> Counts:
    """Count predictions of masks with at least ``least_score``, and the confusion of classes.

    A prediction finds the instance of its class that it fits best; what is left of both is then paired
    regardless of class. Predictions on ignored regions are left out.
    """
    names = {int(category["id"]): category["name"] for category in truth["categories"]}
    pairs: Counter[tuple[int, int]] = Counter()
    nothing = max(names, default=0) + 1
    for its in pictures_of(truth, results, least_score):
        match = matched(its, same_class=False, taken=matched(its, same_class=True))
        pairs.update(
            (int(its.labels[to]) if to >= 0 else nothing, int(class_id))
            for class_id, to, excused in zip(its.found, match, its.excused, strict=True)
            if to >= 0 or not excused
        )
        alone = np.setdiff1d(np.arange(len(its.labels)), match)
        pairs.update((int(its.labels[at]), nothing) for at in alone)
    classes = [
        ClassCount(
            name,
            labelled=sum(n for (actual, _), n in pairs.items() if actual == number),
            predicted=sum(n for (_, predicted), n in pairs.items() if predicted == number),
            right=pairs[number, number],
        )
        for number, name in sorted(names.items())
    ]
    overall = ClassCount(
        "all", *(sum(getattr(one, key) for one in classes) for key in ("labelled", "predicted", "right"))
    )
    called = {**names, nothing: NOTHING}
    rows = [Confusion(called[actual], called[predicted]) for actual, predicted in sorted(pairs.elements())]
    return Counts(classes, overall, rows)

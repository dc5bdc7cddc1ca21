"""The tables of a report on a model's predictions, as files."""

from pathlib import Path

from toonseg.metrics.counts import ClassCount, Confusion
from toonseg.metrics.tables import (
    ClassBar,
    CurvePoint,
    FaultBar,
    Report,
    ScoreRow,
    class_bars,
    curve_points,
    fault_bars,
    score_rows,
)
from toonseg.store import write_table

TABLES = ("scores", "precision_recall", "classes", "errors", "counts", "confusion")


def write_report(folder: Path, its: Report) -> None:
    """Write every score, the curves, the errors, the counts and the confusion of classes as CSV."""
    masks = its.scores["segm"]
    write_table(folder / "scores.csv", score_rows(its), ScoreRow)
    write_table(folder / "precision_recall.csv", curve_points(masks), CurvePoint)
    write_table(folder / "classes.csv", class_bars(masks), ClassBar)
    write_table(folder / "errors.csv", fault_bars(its.faults), FaultBar)
    write_table(folder / "counts.csv", [*its.counts.classes, its.counts.overall], ClassCount)
    write_table(folder / "confusion.csv", its.counts.pairs, Confusion)

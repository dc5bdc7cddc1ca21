"""What `toonseg score` does: a truth and results in, scores and tables out; no DVC."""

from pathlib import Path

from toonseg.coco_files import read_dataset, read_results
from toonseg.engines.datasets import check_filled, left_out
from toonseg.engines.places import check_file, check_folder, check_spared
from toonseg.metrics.tables import every_score, report, text
from toonseg.scores import TABLES, write_report
from toonseg.store import write_json

_HIGH_FLOOR = 0.3  # least score from which on average precision misses predictions


def run_score(
    truth: Path, results: Path, out: Path | None, tables: Path | None, *, count_score: float, fast: bool
) -> str:
    """Score results against a truth, and write scores and tables where asked; gives them as text.

    Found, missed and confused are counted among results from ``count_score`` on.
    """
    check_file(out)
    check_folder(tables)
    check_spared("--json", [out] if out else [], [truth, results])
    check_spared("--csv", [tables / f"{name}.csv" for name in TABLES] if tables else [], [truth, results])
    dataset = read_dataset(truth)
    found = read_results(results, dataset)
    check_filled(dataset.coco, f"--truth {truth}", "name a labelled dataset")
    scored = report(dataset.coco, found, count_score, fast=fast)
    if out:
        write_json(out, every_score(scored))
    if tables:
        write_report(tables, scored)
    least = min((result["score"] for result in found), default=0.0)
    warning = (
        f"No result scores below {least:.2f}. Average precision counts unsure ones too: "
        "predict with --score 0.05"
    )
    told = [text(scored), *([warning] if least >= _HIGH_FLOOR else []), *left_out(dataset)]
    return "\n\n".join(told)

"""What changed against another commit: its numbers from Git, its predictions from DVC's cache."""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toonseg.errors import ToonsegError
from toonseg.report.sources import (
    EVALUATION,
    PREDICTIONS,
    TEST,
    ShownPanel,
    optional,
    project_reader,
    read_panels,
)
from toonseg.report.verdicts import verdicts

_EMPTY_EXPORT: dict[str, Any] = {"images": [], "annotations": [], "categories": []}


def changes_against(
    root: Path, revision: str, score: float
) -> Callable[[Sequence[ShownPanel]], dict[str, Any]]:
    """A function that compares the project's panels with those of a commit.

    Panels are judged by F1 of masks at IoU .5 among predictions of at least ``score``; those of the same
    path in both test sets are compared. Raises ToonsegError when Git does not know the revision.
    """
    commit = _git(root, revision, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()

    def compare(panels: Sequence[ShownPanel]) -> dict[str, Any]:
        before = _metrics(root, commit)
        now = optional(project_reader(root), EVALUATION)
        told: dict[str, Any] = {
            "revision": revision,
            "commit": commit[:10],
            "scores": _scores(before, now),
            "panels": None,
            "note": "",
        }
        try:
            older = _panels(root, commit)
        except ToonsegError as error:
            return told | {"note": str(error)}
        old = {panel.path: panel_f1(panel, score) for panel in older if panel.side == "test"}
        moved = [
            {"panel": number, "before": old[panel.path], "now": panel_f1(panel, score)}
            for number, panel in enumerate(panels)
            if panel.side == "test" and panel.path in old
        ]
        return told | {"panels": sorted(moved, key=lambda its: its["now"] - its["before"])}

    return compare


def panel_f1(panel: ShownPanel, score: float) -> float:
    """F1 of a panel's masks at IoU .5, from 0 to 1; 1 where there is nothing and nothing was found."""
    found = [one for one in panel.predictions if one["score"] >= score]
    drawn = [label for label in panel.labels if not label["iscrowd"]]
    ignored = [label for label in panel.labels if label["iscrowd"]]
    kinds = [verdict.kind for verdict in verdicts([*drawn, *ignored], found)]
    counted = len(kinds) - kinds.count("ignored") + len(drawn)
    return round(2 * kinds.count("right") / counted, 4) if counted else 1.0


def _scores(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """AP50 of masks in both: in all, per class, per series."""
    rows = []
    for group in ("all", "class", "series"):
        old, new = (_ap50(its, group) for its in (before, now))
        rows += [
            {"group": group, "name": name, "before": old.get(name), "now": new.get(name)}
            for name in dict.fromkeys([*old, *new])
        ]
    return rows


def _ap50(evaluation: Mapping[str, Any], group: str) -> Mapping[str, float | None]:
    """AP50 of masks by name, of classes or of series; of all by the name of nothing."""
    if group == "all":
        return {"": evaluation.get("masks", {}).get("AP50")}
    return dict(evaluation.get(f"{group}_AP50", {}))


def _metrics(root: Path, commit: str) -> Any:
    """metrics/evaluate.json of a commit; Git holds it. An empty mapping where the commit has none."""
    shown = subprocess.run(
        ["git", "show", f"{commit}:./{EVALUATION}"], cwd=root, capture_output=True, check=False
    )
    return json.loads(shown.stdout) if shown.returncode == 0 else {}


def _panels(root: Path, commit: str) -> list[ShownPanel]:
    """The test panels of a commit with their predictions, from DVC's cache or remote.

    Raises ToonsegError when they are in neither.
    """
    import dvc.api
    from dvc.exceptions import DvcException
    from dvc_data.index import DataIndexDirError

    def read(path: str) -> Any:
        if path not in (TEST, PREDICTIONS):
            return _EMPTY_EXPORT
        try:
            return json.loads(dvc.api.read(path, repo=str(root), rev=commit, encoding="utf-8"))
        except (DvcException, DataIndexDirError, OSError) as error:
            raise ToonsegError(
                f"{path} of that commit is not in DVC's cache, so panels are not compared: "
                f"run `dvc fetch` there ({type(error).__name__})"
            ) from None

    return read_panels(read)[1]


def _git(root: Path, revision: str, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ToonsegError("git is not installed: install it to compare with another commit") from None
    if done.returncode != 0:
        raise ToonsegError(f"Git knows no commit '{revision}' here: `git log --oneline` lists them")
    return done.stdout

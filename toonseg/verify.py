"""`toonseg verify`: the last commit, run again in a clean clone, must give every hash of its dvc.lock."""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toonseg.errors import ToonsegError

LOCK = Path("dvc.lock")
SAME_EVERYWHERE = ("crawl", "link", "cut_rough", "cut", "split")
SAME_ON_ONE_MACHINE = ("train", "evaluate", "export")
_HASHES = ("md5", "etag")


@dataclass(frozen=True)
class Difference:
    """An output whose hash is another one, or that only one of the locks names (the other's is empty)."""

    stage: str
    path: str
    committed: str
    computed: str


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Give the parser of `toonseg verify` its arguments."""
    parser.description = (
        "Clone the last commit, run its pipeline without any cache, and compare the hash of every output "
        "with dvc.lock. Takes as long as the pipeline does."
    )
    parser.add_argument(
        "--until",
        choices=[*SAME_EVERYWHERE[-1:], *SAME_ON_ONE_MACHINE],
        default=SAME_ON_ONE_MACHINE[-1],
        metavar="STAGE",
        help="last stage to run: split (all that every machine computes alike), train, evaluate or export",
    )
    parser.set_defaults(run=lambda options: verify(Path(), options.until))


def verify(project: Path, until: str) -> int:
    """Print what was compared, and each output that differs; the exit status is 1 when one does.

    Raises ToonsegError when ``project`` is no Git repository, has changes that are not committed, or a
    stage fails in the clone.
    """
    import tempfile  # here and below, since every command reads this module's arguments

    _check_committed(project)
    stages = _up_to(until)
    committed = outputs(read_lock(project / LOCK), stages)
    with tempfile.TemporaryDirectory(prefix="toonseg-verify-") as name:
        clone = Path(name) / "project"
        _git(project, "clone", "-q", "--no-hardlinks", str(project.resolve()), str(clone))
        _repro(clone, until)
        computed = outputs(read_lock(clone / LOCK), stages)
    found = list(differences(committed, computed))
    for its in found:
        its_hash, committed_hash = its.computed or "missing", its.committed or "nowhere"
        print(f"{its.stage}: {its.path} is {its_hash}, committed {committed_hash}")
    print(f"{len(committed)} outputs up to {until} compared, {len(found)} differ")
    if found:
        print(f"error: {_verdict(found)}", file=sys.stderr)
    return 1 if found else 0


def read_lock(path: Path) -> Mapping[str, Any]:
    """The stages of a dvc.lock. Raises ToonsegError when there is none, or it is not DVC's."""
    from toonseg.params import read_yaml

    if not path.exists():
        raise ToonsegError(f"{path} does not exist: run `dvc repro` and commit it")
    document = read_yaml(path)
    stages = document.get("stages", {}) if isinstance(document, dict) else None
    if not isinstance(stages, dict) or not all(map(_is_stage, stages.values())):
        raise ToonsegError(
            f"{path} is not as DVC writes it: take it from a commit that is whole, or delete it and run "
            "`dvc repro`"
        )
    return stages


def outputs(lock: Mapping[str, Any], stages: Sequence[str]) -> dict[tuple[str, str], str]:
    """The hash of each output that ``lock`` names, by its stage and path, for stages of these names.

    >>> outputs({"cut@a": {"outs": [{"path": "x", "md5": "1f"}]}, "train": {"outs": []}}, ["cut"])
    {('cut@a', 'x'): '1f'}
    """
    return {
        (stage, out["path"]): next((str(out[key]) for key in _HASHES if key in out), "")
        for stage, its in sorted(lock.items())
        if stage.partition("@")[0] in stages
        for out in its.get("outs", [])
    }


def differences(
    committed: Mapping[tuple[str, str], str], computed: Mapping[tuple[str, str], str]
) -> Iterator[Difference]:
    """What two locks disagree on, by stage and path."""
    for key in sorted({*committed, *computed}):
        was, its = committed.get(key, ""), computed.get(key, "")
        if was != its:
            yield Difference(*key, was, its)


def _is_stage(its: Any) -> bool:
    outs = its.get("outs", []) if isinstance(its, dict) else None
    return isinstance(outs, list) and all(isinstance(out, dict) and "path" in out for out in outs)


def _verdict(found: Sequence[Difference]) -> str:
    """What the differences mean."""
    early = sorted({its.stage for its in found if its.stage.partition("@")[0] in SAME_EVERYWHERE})
    if early:
        return f"{', '.join(early)} must give the same bytes on every machine: see docs/reproducing.md"
    return (
        "only what is learnt differs: expected on another kind of machine (docs/reproducing.md), a fault on "
        "the one that computed the commit"
    )


def _up_to(until: str) -> tuple[str, ...]:
    every = (*SAME_EVERYWHERE, *SAME_ON_ONE_MACHINE)
    return every[: every.index(until) + 1]


def _check_committed(project: Path) -> None:
    changed = _git(project, "status", "--porcelain", "--untracked-files=no").splitlines()
    if changed:
        named = ", ".join(line[3:] for line in changed[:3]) + (", ..." if len(changed) > 3 else "")
        raise ToonsegError(
            f"{named} changed since the last commit, which is what verify clones: commit or undo it first"
        )


def _repro(clone: Path, until: str) -> None:
    """Run the pipeline in a clone, with no cache but its own empty one."""
    import subprocess

    settings = clone.parent / "settings"
    settings.mkdir()
    bare = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "TOONSEG_STAGE_LOG")}
    apart = {"DVC_GLOBAL_CONFIG_DIR": str(settings), "DVC_SYSTEM_CONFIG_DIR": str(settings)}
    # This Python's `python` first: the stages call it by that name.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "repro", "--force", until],
        cwd=clone,
        env={**bare, **apart, "PATH": path},
        check=False,
    )
    if done.returncode:
        raise ToonsegError("the pipeline failed in a clean clone: its message stands above")


def _git(project: Path, *arguments: str) -> str:
    import subprocess

    command = ["git", "-c", "core.quotePath=false", *arguments]  # names in whatever script, as they are
    try:
        done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise ToonsegError("git is not installed: install it to verify") from None
    if "not a git repository" in done.stderr:
        raise ToonsegError("this is no project in Git: run it in your clone of the project")
    if done.returncode:
        raise ToonsegError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout

"""The commands of the documentation are those that there are, and do what it says of them."""

import re
import shutil

import pytest
from doc_pages import PAGES, ROOT, command_lines, words
from project import Project

from toonseg.cli import make_parser

TARGETS = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
AUTHOR = {
    f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
}


def refusal(command):
    """What the program that a command names says of its options; empty where it takes them."""
    program, *arguments = command
    name = program.rpartition("/")[2]
    if "-m" in arguments and name in ("python", "torchrun"):
        at = arguments.index("-m")
        name, arguments = arguments[at + 1], arguments[at + 2 :]
        if name != "toonseg":
            return "" if (ROOT / f"{name.replace('.', '/')}.py").exists() else f"no module {name}"
    try:
        if name == "dvc":
            from dvc.cli.parser import get_main_parser

            get_main_parser().parse_args(arguments)
        elif name == "toonseg":
            make_parser().parse_args(arguments)
        elif name == "make":
            return "" if set(arguments) <= set(TARGETS) else f"no such target among {arguments}"
    except (Exception, SystemExit) as error:  # DVC's own kind, and argparse's
        return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_is_one_that_its_program_takes(page):
    refused = {
        line: said for line in command_lines(page) for command in words(line) if (said := refusal(command))
    }
    assert refused == {}


@pytest.mark.parametrize(
    "command",
    [
        ("dvc", "exp", "run", "--set-parameter", "a=1"),
        ("toonseg", "remote", "login", "--keys"),
        ("make", "repos"),
        ("python", "-m", "benchmarks.nothing"),
    ],
)
def test_a_command_that_there_is_not_would_be_found(command):
    assert refusal(command)


def test_the_pages_hold_commands_and_outputs_are_none():
    assert command_lines("docs/team.md", "Is the remote well?")[0] == "toonseg remote check"
    assert not [line for line in command_lines("docs/experiments.md") if line.startswith(("Path", "$"))]


# The project's own parameters before two small stages of the real ones' names, metrics and outputs.
PIPELINE = """\
stages:
  split:
    cmd: python small.py split
    deps: [small.py]
    params: [split]
    outs: [dataset]
    metrics:
    - metrics/split.json:
        cache: false
  evaluate:
    cmd: python small.py evaluate
    deps: [dataset]
    params: [train]
    metrics:
    - metrics/evaluate.json:
        cache: false
    plots:
    - curve.csv
"""
SMALL = """\
import json, pathlib, re, sys
share = float(re.search(r"\\n  train: ([0-9.]+)\\n", pathlib.Path("params.yaml").read_text())[1])
by = re.search(r"\\n  by: (\\w+)\\n", pathlib.Path("params.yaml").read_text())[1]
pathlib.Path("metrics").mkdir(exist_ok=True)
if sys.argv[1] == "split":
    panels = round(316 * share)
    told = {"panels": {"train": panels, "test": 316 - panels}, "leaks": 63 * (by == "panel")}
    pathlib.Path("dataset").write_text(str(share))
else:
    told = {"masks": {"AP": 10 * share}}
    pathlib.Path("curve.csv").write_text("x,y\\n1,2\\n")
pathlib.Path(f"metrics/{sys.argv[1]}.json").write_text(json.dumps(told))
"""


@pytest.fixture
def project(tmp_path) -> Project:
    """A small project with this one's params.yaml, run and committed."""
    project = Project(tmp_path / "project")
    project.root.mkdir()
    shutil.copy2(ROOT / "params.yaml", project.root)
    (project.root / "dvc.yaml").write_text(PIPELINE)
    (project.root / "small.py").write_text(SMALL)
    for command in ("git init -q -b main", "dvc init -q", "dvc repro -q"):
        project.ok(*command.split())
    project.commit()
    return project


def typed(project, line):
    """Type a line in a project's folder; it must succeed. Gives what was printed."""
    done = project.run("bash", "-e", "-c", line, env=AUTHOR)
    assert done.returncode == 0, f"{line}\n{done.stdout}"
    return done.stdout


def said_of(said, begin):
    """What the only line that begins so printed."""
    (printed,) = [its for line, its in said.items() if line.startswith(begin)]
    return printed


@pytest.mark.all
@pytest.mark.timeout(1800)
def test_the_study_of_experiments_runs_as_its_page_tells(project):
    before = (project.root / "params.yaml").read_text(encoding="utf-8").splitlines()
    said = {line: typed(project, line) for line in command_lines("docs/experiments.md")}

    assert said_of(said, "dvc exp run --queue").count("Queued experiment 'share-") == 3
    shown = said_of(said, "dvc exp show")
    assert all(row in shown for row in ("share-1", "share-2", "share-3", "0.6", "0.7", "0.9"))
    compared = said_of(said, "dvc metrics diff share")
    assert re.search(r"metrics/split\.json +panels\.train +190 +284 +94", compared)
    assert re.search(r"leaks +63 +0 +-63", said_of(said, "dvc metrics diff HEAD"))
    after = typed(project, "git show wider-split:params.yaml").splitlines()
    changed = {old: new for old, new in zip(before, after, strict=True) if old != new}
    assert changed.pop("  train: 0.8") == "  train: 0.9"
    assert len(changed) == 4  # the small training's; every comment stays


@pytest.mark.all
def test_an_experiment_of_a_parameter_that_there_is_not_is_refused_before_anything_runs(project):
    done = project.run("dvc", "exp", "run", "-S", "split.tran=0.7")
    assert done.returncode != 0
    assert "Could not override 'split.tran'" in done.stdout
    assert "Traceback" not in done.stdout
    assert project.ok("git", "status", "--porcelain") == ""

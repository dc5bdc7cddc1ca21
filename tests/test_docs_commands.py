"""The commands of the documentation are those that there are, and do what it says of them."""

import os
import re
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from distributed import Client
from doc_pages import PAGES, ROOT, command_lines, words
from project import Project, make_tiny
from servers import free_ports

from toonseg.cli import make_parser

TARGETS = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
EPISODES = command_lines("docs/scaling.md", "Episodes")
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


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Project:
    """A tiny project whose pipeline has run, with its outputs committed; tests copy it."""
    project = make_tiny(tmp_path_factory.mktemp("tiny") / "project")
    project.ok("dvc", "repro")
    project.commit()
    return project


@pytest.fixture
def project(finished, tmp_path) -> Project:
    return finished.copy(tmp_path / "project")


def replaced(line, here):
    """A line in which names of the page stand for what is ``here``."""
    for name, instead in here:
        line = line.replace(name, instead)
    return line


def typed(project, line):
    """Type a line in a project's folder; it must succeed. Gives what was printed."""
    done = project.run("bash", "-e", "-c", line, env=AUTHOR)
    assert done.returncode == 0, f"{line}\n{done.stdout}"
    return done.stdout


@contextmanager
def begun(project, line):
    """Type a line that goes on until the block ends, beside the project's folder."""
    folder = project.root.parent / "elsewhere"
    folder.mkdir(exist_ok=True)
    environment = project.environment({"PYTHONPATH": str(project.root)})
    with subprocess.Popen(
        ["bash", "-c", f"exec {line}"], cwd=folder, env=environment, start_new_session=True
    ) as its:
        try:
            yield
        finally:
            os.killpg(its.pid, signal.SIGKILL)


@pytest.mark.all
@pytest.mark.browser
@pytest.mark.timeout(3600)
def test_the_study_of_experiments_runs_as_its_page_tells(project):
    here = [("train.iterations=150", "train.iterations=2"), ("warmup_iterations=20", "warmup_iterations=1")]
    before = (project.root / "params.yaml").read_text(encoding="utf-8")
    said = {line: typed(project, replaced(line, here)) for line in command_lines("docs/experiments.md")}

    (queued,) = [line for line in said if "--queue" in line]
    assert said[queued].count("Queued experiment") == 3
    (shown,) = [its for line, its in said.items() if line.startswith("dvc exp show")]
    for share in ("share-1", "share-2", "share-3"):
        assert share in shown
    (compared,) = [its for line, its in said.items() if line.startswith("dvc metrics diff share")]
    assert re.search(r"metrics/split\.json +panels\.train", compared)
    after = typed(project, "git show wider-split:params.yaml")
    changed = {
        old: new for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new
    }
    assert changed["  train: 0.8"] == "  train: 0.9"
    assert len(changed) == 4  # that and the small training's: every comment stays


@pytest.mark.all
@pytest.mark.browser
def test_an_experiment_of_a_parameter_that_there_is_not_is_refused_before_anything_runs(project):
    done = project.run("dvc", "exp", "run", "-S", "split.tran=0.7")
    assert done.returncode != 0
    assert "Could not override 'split.tran'" in done.stdout
    assert "Traceback" not in done.stdout
    assert project.ok("git", "status", "--porcelain") == ""


@pytest.mark.all
@pytest.mark.browser
@pytest.mark.timeout(3600)
def test_episodes_are_cut_on_a_cluster_as_the_page_of_scaling_tells(project):
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    here = [("10.0.0.1:8786", address), ("--host 10.0.0.1", f"--host 127.0.0.1 --port {port}")]
    lines = [replaced(line, [*here, ("--nworkers 16", "--nworkers 2")]) for line in EPISODES]
    _, scheduler, workers, repro = lines
    with begun(project, scheduler), begun(project, workers):
        with Client(f"tcp://{address}", timeout=120) as client:
            client.wait_for_workers(2, timeout=120)
        project.update({"cut.quality": 80})
        assert {"cut@after-class", "cut@tidal-town"} <= project.stages_of("bash", "-c", repro)
    assert "up to date" in project.ok("dvc", "status")
    assert project.ok("git", "diff", "--name-only").split() == ["dvc.lock", "params.yaml"]


@pytest.mark.all
@pytest.mark.browser
@pytest.mark.timeout(3600)
def test_two_machines_train_as_the_page_of_scaling_tells(project, tmp_path):
    first, second, commit, repro = [
        replaced(line, [("--nproc-per-node 4", "--nproc-per-node 1"), ("10.0.0.1", "127.0.0.1")])
        for line in command_lines("docs/scaling.md", "Training")
    ]
    other = project.copy(tmp_path / "other")
    project.update({"train.seed": 2})
    other.update({"train.seed": 2})
    with ThreadPoolExecutor() as both:
        told = list(both.map(typed, (project, other), (first, second)))
    assert "train: 2 iterations" in told[0]
    assert "helped to train" in told[1]
    typed(project, commit)
    assert project.stages_of("bash", "-c", repro) == {"evaluate", "export"}


@pytest.mark.all
@pytest.mark.browser
@pytest.mark.timeout(3600)
def test_the_pipeline_is_verified_as_the_page_of_reproducing_tells(project):
    line = command_lines("docs/reproducing.md")[-1]
    assert line == "toonseg verify --until split"
    assert " outputs up to split compared, 0 differ" in typed(project, line)

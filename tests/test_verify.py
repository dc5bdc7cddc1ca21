"""`toonseg verify` runs the last commit in a clean clone and names each output whose hash is another."""

import hashlib
import subprocess

import pytest
from project import make_tiny
from ruamel.yaml import YAML

from toonseg.cli import main
from toonseg.errors import ToonsegError
from toonseg.verify import Difference, differences, outputs, read_lock

# A pipeline of three stages, named as ours, each of which copies its input.
PIPELINE = """\
stages:
  cut:
    matrix:
      series: [a]
    cmd: cp pages panels
    deps: [pages]
    outs: [panels]
  split:
    cmd: cp panels dataset
    deps: [panels]
    outs: [dataset]
  train:
    cmd: cp dataset model
    deps: [dataset]
    outs: [model]
"""
OUTPUTS = {"cut@a": "panels", "split": "dataset", "train": "model"}
PAGES = b"pages\n"


@pytest.fixture
def begin(tmp_path, monkeypatch):
    """Give a function that commits such a project, with a lock in which stages have other hashes."""

    def make(*wrong):
        root = tmp_path / "project"
        (root / ".dvc").mkdir(parents=True)
        monkeypatch.chdir(root)
        (root / ".dvc/config").touch()
        (root / "dvc.yaml").write_text(PIPELINE)
        (root / "pages").write_bytes(PAGES)
        (root / ".gitignore").write_text("/panels\n/dataset\n/model\n")
        write_lock(root / "dvc.lock", wrong)
        git("init", "-q")
        commit()
        return root

    return make


def write_lock(path, wrong):
    """The lock that DVC writes, with what verify reads of it."""
    right = hashlib.md5(PAGES).hexdigest()
    stages = {
        stage: {
            "cmd": "cp",
            "outs": [{"path": out, "hash": "md5", "md5": "0" * 32 if stage in wrong else right}],
        }
        for stage, out in OUTPUTS.items()
    }
    with path.open("w") as file:
        YAML().dump({"schema": "2.0", "stages": stages}, file)


def git(*arguments):
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def commit():
    git("add", "-A")
    git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "State")


def test_equal_hashes_are_counted(begin, capfd):
    begin()
    assert main(["verify", "--until", "train"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == "3 outputs up to train compared, 0 differ"


def test_what_every_machine_computes_alike_is_named_when_it_differs(begin, capfd):
    begin("split")
    assert main(["verify", "--until", "split"]) == 1
    said = capfd.readouterr()
    assert f"split: dataset is {hashlib.md5(PAGES).hexdigest()}, committed {'0' * 32}" in said.out
    assert "2 outputs up to split compared, 1 differ" in said.out
    assert "error: split must give the same bytes on every machine" in said.err


@pytest.mark.all
def test_what_is_learnt_may_differ_on_another_kind_of_machine(begin, capfd):
    begin("train")
    assert main(["verify", "--until", "train"]) == 1
    assert "only what is learnt differs: expected on another kind of machine" in capfd.readouterr().err


def test_changes_that_a_clone_would_not_hold_are_told(begin, capfd):
    root = begin()
    (root / "쪽").write_text("one\n")
    commit()
    for name in ("pages", "쪽"):
        (root / name).write_text("others\n")
    assert main(["verify"]) == 1
    assert "error: pages, 쪽 changed since the last commit, which is what verify" in capfd.readouterr().err


@pytest.mark.all
def test_a_stage_that_fails_in_the_clone_is_told(begin, capfd):
    root = begin()
    (root / ".gitignore").write_text("/panels\n/dataset\n/model\n/pages\n")
    git("rm", "-q", "--cached", "pages")
    commit()
    assert main(["verify", "--until", "train"]) == 1
    assert "error: the pipeline failed in a clean clone" in capfd.readouterr().err


def test_without_git_or_a_lock_there_is_nothing_to_compare(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert main(["verify"]) == 1
    assert "error: this is no project in Git: run it in your clone of the project" in capfd.readouterr().err
    with pytest.raises(ToonsegError, match=r"dvc\.lock does not exist: run `dvc repro`"):
        read_lock(tmp_path / "dvc.lock")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "stages: 3",
        "stages: {cut: 3}",
        "stages: {cut: {outs: x}}",
        "stages: {cut: {outs: [{md5: 1}]}}",
    ],
)
def test_a_lock_that_dvc_never_wrote_is_told(begin, capfd, text):
    (begin() / "dvc.lock").write_text(text)
    commit()
    assert main(["verify"]) == 1
    said = capfd.readouterr().err
    assert said.startswith("error: dvc.lock is not as DVC writes it: take it from a commit that is whole")
    assert said.count("\n") == 1


def test_an_output_that_only_one_lock_names_differs():
    both = {"cut@a": {"outs": [{"path": "x", "md5": "1"}, {"path": "y", "md5": "2"}]}}
    one = {"cut@a": {"outs": [{"path": "x", "md5": "3"}]}}
    assert list(differences(outputs(both, ["cut"]), outputs(one, ["cut"]))) == [
        Difference("cut@a", "x", "1", "3"),
        Difference("cut@a", "y", "2", ""),
    ]
    assert outputs(both, ["link"]) == {}


@pytest.mark.all
@pytest.mark.browser
def test_the_tiny_pipeline_gives_every_hash_again(tmp_path, monkeypatch, capfd):
    project = make_tiny(tmp_path / "tiny")
    project.ok("dvc", "repro")
    project.commit()
    monkeypatch.chdir(project.root)
    assert main(["verify"]) == 0
    assert capfd.readouterr().out.splitlines()[-1].endswith("outputs up to export compared, 0 differ")

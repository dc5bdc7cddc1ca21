"""Each run of a stage leaves its time and memory in a file that neither DVC nor Git looks at."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from toonseg.cli import main
from toonseg.times import TIMES, StageTime, Stopwatch, note, read_times, table

ROOT = Path(__file__).parent.parent
LINK = StageTime("link@a", "2030-01-02 03:04:05", 1.5, 1.25, 80, "done")
TRAIN = StageTime("train", "2030-01-02 03:05:00", 600.0, 1100.0, 2048, "failed")


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    return tmp_path


def run_link(series):
    return subprocess.run(
        [sys.executable, "-m", "stages.link", series],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_stage_prints_and_notes_what_it_took_when_it_fails_too(project):
    done = run_link("nobody")
    (its,) = read_times()
    assert done.returncode == 1
    assert (its.stage, its.ended) == ("link@nobody", "failed")
    assert 0 <= its.cpu_seconds < 600
    assert 10 < its.peak_mb < 4000
    assert f"link@nobody: {its.cost}" in done.stdout


def test_runs_are_added_and_the_last_of_each_stage_is_shown(project, capsys):
    for its in (LINK, TRAIN, StageTime(**{**vars(LINK), "seconds": 2.5})):
        note(its)
    assert [its.seconds for its in read_times()] == [1.5, 600.0, 2.5]
    assert main(["times"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split() for line in shown[1:]] == [
        ["link@a", "2030-01-02", "03:04:05", "2.5", "1.2", "80", "done"],
        ["train", "2030-01-02", "03:05:00", "600.0", "1100.0", "2048", "failed"],
        ["all", "602.5", "1101.2"],
    ]
    assert main(["times", "--all"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_a_line_that_is_not_whole_is_skipped(project):
    note(LINK)
    with TIMES.open("ab") as file:
        file.write(b'{"stage": "cu\n\xff\xfe\n')
        file.write(json.dumps({**vars(TRAIN), "seconds": "long"}).encode() + b"\n")
        file.write(json.dumps({**vars(TRAIN), "stage": None}).encode() + b"\n")
    note(TRAIN)
    assert read_times() == [LINK, TRAIN]
    assert json.loads(TIMES.read_text(errors="replace").splitlines()[0]) == vars(LINK)


def test_where_there_is_no_folder_nothing_is_noted_and_the_user_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    note(LINK)
    assert not list(tmp_path.iterdir())
    assert main(["times"]) == 1
    assert capsys.readouterr().err.startswith("error: data/times.jsonl does not exist: no stage has run")
    assert table([]).splitlines()[1].split() == ["all", "0.0", "0.0"]


def test_a_file_that_is_none_is_told(project, capsys):
    TIMES.mkdir()
    assert main(["times"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: data/times.jsonl cannot be read (Is a directory): move it away, ")
    assert said.count("\n") == 1


def test_the_seconds_of_children_count():
    watch = Stopwatch()
    before = watch.read("x", "done").cpu_seconds
    subprocess.run([sys.executable, "-c", "sum(range(10**7))"], check=True)
    assert watch.read("x", "done").cpu_seconds > before


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a program's own peak")
def test_the_memory_of_who_started_a_stage_does_not_count():
    ours_mb = 300
    stage = "from toonseg.times import Stopwatch; print(Stopwatch().read('x', 'done').peak_mb)"
    starter = f"""
import os, sys
held = bytearray({ours_mb} << 20)
os.execv(sys.executable, [sys.executable, "-c", {stage!r}])
"""
    done = subprocess.run(
        [sys.executable, "-c", starter], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert 5 < int(done.stdout) < ours_mb


def test_git_ignores_the_file_and_no_stage_reads_or_writes_it():
    assert f"/{TIMES.name}" in (ROOT / "data/.gitignore").read_text().splitlines()
    stages = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    named = [
        name if isinstance(name, str) else next(iter(name))
        for stage in stages.values()
        for kind in ("deps", "outs", "metrics", "plots")
        for name in stage.get(kind, [])
    ]
    assert not [name for name in named if TIMES.is_relative_to(name)]

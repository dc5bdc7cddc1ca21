"""The workflows for GitHub and GitLab are valid, and the comment that they post says what changed."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WORKFLOWS = [("github-workflows", ".github/workflows/checks.yml"), ("gitlab-ci", ".gitlab-ci.yml")]


def run(*command, cwd=ROOT):
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("schema", "path"), WORKFLOWS)
def test_a_workflow_is_valid(schema, path):
    done = run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("schema", "path"), WORKFLOWS)
def test_the_check_of_workflows_finds_a_fault(schema, path, tmp_path):
    broken = tmp_path / "broken.yml"
    text = (ROOT / path).read_text(encoding="utf-8")
    broken.write_text(text.replace("timeout-minutes: 90", "timeout-minute: 90").replace("script:", "skript:"))
    assert run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", str(broken)).returncode == 1


@pytest.mark.parametrize(("schema", "path"), WORKFLOWS)
def test_the_scripts_that_a_workflow_calls_are_there_and_parse(schema, path):
    called = set(re.findall(r"\.ci/\w+", (ROOT / path).read_text(encoding="utf-8")))
    assert called == {".ci/run", ".ci/comment"}
    for script in called:
        assert (ROOT / script).stat().st_mode & 0o111
        assert run("bash", "-n", script).returncode == 0


@pytest.fixture
def project(tmp_path):
    """A project of one metric, one parameter and one picture, and a commit that changes all three."""
    (tmp_path / ".ci").mkdir()
    shutil.copy2(ROOT / ".ci/comment", tmp_path / ".ci/comment")
    (tmp_path / "dvc.yaml").write_text("metrics:\n- scores.json\nparams:\n- params.yaml\n")
    (tmp_path / "plots").mkdir()
    for command in ("git init -q -b main", "dvc init -q"):
        assert run(*command.split(), cwd=tmp_path).returncode == 0
    for share, ap in ((0.8, 20.0), (0.9, 21.5)):
        (tmp_path / "params.yaml").write_text(f"split:\n  train: {share}\n")
        (tmp_path / "scores.json").write_text(json.dumps({"masks": ap}))
        (tmp_path / "plots/seen.png").write_bytes(str(ap).encode())
        run("git", "add", "-A", cwd=tmp_path)
        told = ("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", str(share))
        assert run("git", *told, cwd=tmp_path).returncode == 0
    return tmp_path


@pytest.mark.all
def test_the_comment_tells_parameters_scores_and_pictures(project):
    done = run(".ci/comment", "HEAD~1", "https://example.org/raw/1", cwd=project)
    assert done.returncode == 0, done.stderr
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in done.stdout.splitlines()]
    assert ["params.yaml", "split.train", "0.8", "0.9"] in [row[:4] for row in rows]
    assert ["scores.json", "masks", "20.0", "21.5", "1.5"] in rows
    assert "![plots/seen.png](https://example.org/raw/1/plots/seen.png)" in done.stdout


@pytest.mark.all
def test_the_comment_says_where_nothing_changed(project):
    done = run(".ci/comment", "HEAD", "https://example.org/raw/1", cwd=project)
    assert done.stdout.count("No change.") == 3

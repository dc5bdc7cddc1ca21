"""The workflows for GitHub and GitLab are valid, and the comment that they post says what changed."""

import json
import re
import shutil
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

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


@pytest.mark.parametrize(
    ("path", "scripts"),
    [
        (".github/workflows/checks.yml", {".ci/run", ".ci/comment"}),
        (".gitlab-ci.yml", {".ci/run", ".ci/comment", ".ci/note"}),
    ],
)
def test_the_scripts_that_a_workflow_calls_are_there_and_parse(path, scripts):
    called = set(re.findall(r"\.ci/\w+", (ROOT / path).read_text(encoding="utf-8")))
    assert called == scripts
    for script in called:
        assert (ROOT / script).stat().st_mode & 0o111
    for script in called - {".ci/note"}:  # which is in Python, and run below
        assert run("bash", "-n", script).returncode == 0


class Notes(BaseHTTPRequestHandler):
    """The notes of a merge request as GitLab's interface has them, one on a page, the newest first."""

    notes: ClassVar[list[str]] = []

    def do_GET(self):
        page = int(re.search(r"[?&]page=(\d+)", self.path)[1])
        newest = [{"id": number, "body": body} for number, body in enumerate(self.notes, 1)][::-1]
        self.answer(newest[page - 1 : page], **{"X-Next-Page": str(page + 1) if page < len(newest) else ""})

    def do_POST(self):
        self.notes.append(self.body())
        self.answer({})

    def do_PUT(self):
        self.notes[int(self.path.rpartition("/")[2]) - 1] = self.body()
        self.answer({})

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))["body"]

    def answer(self, value, **headers):
        known = self.path.startswith("/api/v4/projects/7/merge_requests/3/notes")
        self.send_response(200 if known and self.headers["PRIVATE-TOKEN"] == "secret" else 401)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def gitlab(monkeypatch):
    """A server that takes notes, named in the environment of a job."""
    monkeypatch.setattr(Notes, "notes", ["somebody's", "somebody else's"])
    with ThreadingHTTPServer(("127.0.0.1", 0), Notes) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        api = f"http://127.0.0.1:{server.server_address[1]}/api/v4"
        for name, value in (("API_V4_URL", api), ("PROJECT_ID", "7"), ("MERGE_REQUEST_IID", "3")):
            monkeypatch.setenv(f"CI_{name}", value)
        monkeypatch.setenv("COMMENT_TOKEN", "secret")
        yield Notes
        server.shutdown()


def test_a_note_takes_the_place_of_the_last_one_and_of_no_other(gitlab, tmp_path):
    text = tmp_path / "comment.md"
    for ap in ("20.0 → 21.5", "20.0 → 22.0"):
        text.write_text(ap, encoding="utf-8")
        done = run(".ci/note", str(text))
        assert done.returncode == 0, done.stderr
        gitlab.notes.append("an answer")
    assert len(gitlab.notes) == 5
    assert [note for note in gitlab.notes if "22.0" in note] == [gitlab.notes[2]]
    assert not any("21.5" in note for note in gitlab.notes)


def test_a_token_that_gitlab_refuses_is_one_sentence(gitlab, tmp_path, monkeypatch):
    monkeypatch.setenv("COMMENT_TOKEN", "another")
    (tmp_path / "comment.md").write_text("text")
    done = run(".ci/note", str(tmp_path / "comment.md"))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "GitLab refuses the note (401 Unauthorized): COMMENT_TOKEN must be" in done.stderr


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

"""What is taken for the URL of a remote, and what Git would show of other people's series."""

import functools
import http.server
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from team import AS_TEAM, OTHERS, PARAMS, Clone, toonseg

from toonseg.remote.address import Address, read_address
from toonseg.remote.faults import RemoteError
from toonseg.remote.pictures import look_at_pictures


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("s3://bucket", "s3"),
        ("s3://bucket/a/b/", "s3"),
        ("ssh://anna@host:2222/srv/webtoons", "ssh"),
        ("ssh://host/srv", "ssh"),
        ("/srv/webtoons", "folder"),
    ],
)
def test_addresses_of_the_three_kinds_are_taken(text, kind, tmp_path):
    assert read_address(text, tmp_path) == Address(text.rstrip("/"), kind)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gs://bucket/x", "remotes of the kind gs:// are not known here: give s3://BUCKET/PATH"),
        ("https://host/x", "remotes of the kind https:// are not known here"),
        ("file:///srv", "remotes of the kind file:// are not known here"),
        ("", "the URL is empty"),
        ("s3://", "names no bucket alone"),
        ("s3:///path", "names no bucket alone"),
        ("s3://key@bucket/x", "names no bucket alone"),
        ("s3://key:secret@bucket/x", "holds a password, which would go to Git"),
        ("ssh://host", "names no machine and folder"),
        ("ssh://host/", "names no machine and folder"),
        ("ssh:///srv", "names no machine and folder"),
        ("ssh://anna:secret@host/srv", "holds a password, which would go to Git"),
        ("ssh://host:many/srv", "is no URL"),
        ("ssh://host:0/srv", "is not whole"),
        ("s3://te am/x", "'te am' cannot be the name of a bucket: it takes letters, digits"),
        ("s3:team/x", "write it as s3://team/x"),
        ("anna@host:/srv/webtoons", "write it as ssh://anna@host/srv/webtoons"),
        ("storage.lab:/srv/webtoons", "write it as ssh://storage.lab/srv/webtoons"),
    ],
)
def test_addresses_that_are_none_are_told(text, sentence, tmp_path):
    with pytest.raises(RemoteError, match=sentence) as told:
        read_address(text, tmp_path)
    assert "secret" not in str(told.value)


def test_a_folder_in_the_project_and_a_file_are_no_remotes(tmp_path):
    with pytest.raises(RemoteError, match="lies in the project itself"):
        read_address(str(tmp_path / "data/remote"), tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(RemoteError, match="is a file: give a folder"):
        read_address(str(tmp_path / "file"), tmp_path / "project")


@given(st.text(max_size=30))
def test_any_text_is_an_address_of_a_kind_or_told(text):
    try:
        address = read_address(text, Path("/project"))
    except RemoteError as error:
        assert str(error)
    else:
        assert address.url.startswith({"s3": "s3://", "ssh": "ssh://", "folder": "/"}[address.kind])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("init", "gs://bucket/x"), "remotes of the kind gs:// are not known here"),
        (("init", "/srv/x", "--profile", "p"), "--profile and --save-keys are for S3"),
        (("init", "s3://b/x", "--keyfile", "k"), "--keyfile and --user are for SSH"),
        (("init", "s3://b/x", "--profile", "p", "--save-keys"), "exclude each other"),
        (("init", "/srv/x", "--region", "r"), "--endpointurl and --region are for S3"),
        (("init", "s3://b/x", "--endpointurl", "host:80"), "is no address of a server: write https://HOST"),
        (("init", "s3://b/x", "--endpointurl", "http://[::1"), "--endpointurl http://[::1 is no URL"),
        (("init", "s3://b/x", "--endpointurl", "http://host:many"), "http://host:many is no URL"),
        (("init", "s3://b/웹툰"), "DVC's configuration takes no letters beyond ASCII"),
        (("init", "../툰"), "DVC's configuration takes no letters beyond ASCII"),
        (("init", "s3://b/x", "--name", "팀"), "--name '팀': begin with a letter or digit"),
        (("init", "s3://b/x", "--name", ""), "--name '': begin with a letter or digit"),
        (("init", "s3://b/x", "--name", "'q'"), "begin with a letter or digit and go on with letters"),
        (("init", "../a\nb"), "DVC's configuration takes no letters beyond ASCII and no line breaks"),
        (("init", "s3://b/x", "--endpointurl", "https://a:b@host"), "holds a user, which would go to Git"),
        (("init", "s3://b/x", "--save-keys"), "no keys were given: set AWS_ACCESS_KEY_ID and"),
        (("init", "s3://b/x", "--profile", "none"), "the AWS profile does not exist"),
        (("init", "s3://b/x", "--endpointurl", "http://127.0.0.1:1", "--save-keys"), "no keys were given"),
        (("check",), "no remote is set up: run `toonseg remote init URL`"),
        (("check", "--name", "none"), "there is no remote 'none' (known: none)"),
        (("login",), "no remote is set up"),
    ],
)
def test_what_cannot_be_set_up_is_one_sentence(arguments, sentence, project, capsys):
    before = (project.root / ".dvc/config").read_bytes()
    told = toonseg(capsys, "remote", *arguments)
    assert (told.status, told.out) == (1, "")
    assert told.err.count("\n") == 1
    assert sentence in told.err
    assert (project.root / ".dvc/config").read_bytes() == before
    assert not (project.root / ".dvc/config.local").exists()
    assert not (project.root.parent / "툰").exists()


def test_a_secret_that_dvc_cannot_write_is_not_shown(project, capsys, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "someone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "비밀")
    told = toonseg(capsys, "remote", "init", "s3://b/x", "--save-keys")
    assert "secret_access_key: DVC's configuration takes no letters beyond ASCII" in told.err
    assert "비밀" not in told.err


def test_a_server_that_takes_connections_and_says_nothing_is_given_up(project, capsys, monkeypatch):
    monkeypatch.setattr("toonseg.remote.place._ANSWER_S", 2)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "something")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "something")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        told = toonseg(capsys, "remote", "init", "s3://b/x", "--endpointurl", endpoint)
        assert time.monotonic() - began < 20
    assert (told.status, told.err.count("\n")) == (1, 1)
    assert "s3://b/x: nobody answers there: is the address right, and the server up?" in told.err


def test_keys_that_expire_are_not_kept(project, capsys, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "something")
    told = toonseg(capsys, "remote", "init", "s3://b/x", "--save-keys")
    assert "these keys expire (AWS_SESSION_TOKEN is set)" in told.err


@contextmanager
def refusing(status: int, code: str) -> Iterator[str]:
    """The address of a server that refuses each request as S3 does, with one of its codes."""
    body = f"<Error><Code>{code}</Code><Message>Nobody reads this.</Message></Error>".encode()

    class Refusal(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (400, "ExpiredToken", "the keys have expired: fetch new ones"),
        (403, "QuotaExceeded", "the remote is full: make room there"),
        (500, "InternalError", "the server failed in itself: its disk may be full, ask its keeper"),
        (403, "RequestTimeTooSkewed", "this machine's clock is wrong: set it"),
        (400, "AuthorizationHeaderMalformed", "the bucket is in another region: give its --region"),
    ],
)
def test_what_s3_refuses_is_one_sentence(status, code, sentence, project, capsys, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "something")
    with refusing(status, code) as address:
        told = toonseg(capsys, "remote", "init", "s3://bucket/webtoons", "--endpointurl", address)
    assert (told.status, told.err.count("\n")) == (1, 1)
    assert told.err.endswith(f"{sentence}\n")
    assert "bucket" not in (project.root / ".dvc/config").read_text()


def test_outside_of_a_project_it_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "this is no project with DVC" in toonseg(capsys, "remote", "check").err


@pytest.fixture
def cloneable(tmp_path: Path) -> Iterator[tuple[Clone, str]]:
    """A project whose Git remote anyone can clone over HTTP, and the address of that."""
    root = tmp_path / "project"
    root.mkdir()
    project = Clone(root)
    project.ok("git", "init", "-q", "-b", "main")
    (root / "params.yaml").write_text(PARAMS + OTHERS, encoding="utf-8")
    project.commit()
    subprocess.run(["git", "clone", "-q", "--bare", root, tmp_path / "bare.git"], check=True)
    subprocess.run(["git", "update-server-info"], cwd=tmp_path / "bare.git", check=True)
    serve = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/bare.git"
        project.ok("git", "remote", "add", "origin", address)
        yield project, address
        server.shutdown()


def test_pictures_of_others_in_a_git_that_anyone_clones_are_told(cloneable):
    project, address = cloneable
    assert look_at_pictures(project.root) == "none of theirs in Git"
    for name in ("data/panels/theirs/1.png", "docs/theirs.txt", "data/panels/ours/1.png"):
        (project.root / name).parent.mkdir(parents=True, exist_ok=True)
        (project.root / name).write_bytes(b"")
    project.ok("git", "add", "-A")
    with pytest.raises(RemoteError, match=r"data/panels/theirs/1\.png show.*anyone can clone " + address):
        look_at_pictures(project.root)
    project.ok("git", *AS_TEAM, "remote", "set-url", "origin", address.replace("bare", "hidden"))
    assert "no stranger can clone it" in str(look_at_pictures(project.root))
    project.ok("git", "remote", "set-url", "origin", "http://127.0.0.1:1/x.git")
    assert "keep http://127.0.0.1:1/x.git private" in str(look_at_pictures(project.root))


def test_pictures_that_only_the_history_holds_are_told(cloneable):
    project, address = cloneable
    (project.root / "theirs.png").write_bytes(b"")
    project.commit()
    project.ok("git", "rm", "-q", "theirs.png")
    project.commit()
    with pytest.raises(RemoteError, match=r"theirs\.png show.*anyone can clone " + address):
        look_at_pictures(project.root)


def test_an_address_that_is_only_pushed_to_is_tried_too(cloneable):
    project, address = cloneable
    (project.root / "theirs.png").write_bytes(b"")
    project.ok("git", "add", "-A")
    project.ok("git", "remote", "set-url", "origin", address.replace("bare", "hidden"))
    project.ok("git", "remote", "set-url", "--push", "origin", address)
    with pytest.raises(RemoteError, match=r"anyone can clone " + address):
        look_at_pictures(project.root)


class OnlyForUs(http.server.SimpleHTTPRequestHandler):
    """Files for those alone who give a password."""

    def do_GET(self) -> None:
        if self.headers.get("Authorization"):
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="ours"')
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_a_password_of_ones_own_makes_no_git_public(cloneable, tmp_path, monkeypatch):
    project, _ = cloneable
    (project.root / "theirs.png").write_bytes(b"")
    project.ok("git", "add", "-A")
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login t password secret\n")
    monkeypatch.setenv("HOME", str(home))
    serve = functools.partial(OnlyForUs, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/bare.git"
        subprocess.run(["git", "ls-remote", address], check=True, capture_output=True)
        project.ok("git", "remote", "set-url", "origin", address)
        assert "no stranger can clone it" in str(look_at_pictures(project.root))
        server.shutdown()


def test_the_sheet_of_predictions_shows_every_labelled_series(cloneable):
    project, _ = cloneable
    sheet = project.root / "plots/evaluate/predictions.png"
    sheet.parent.mkdir(parents=True)
    sheet.write_bytes(b"")
    project.ok("git", "add", "-A")
    assert look_at_pictures(project.root) == "none of theirs in Git"
    labels = project.root / "data/labels/theirs.json"
    labels.parent.mkdir(parents=True)
    labels.write_text("{}")
    project.ok("git", "add", "-A")
    with pytest.raises(RemoteError, match=r"predictions\.png"):
        look_at_pictures(project.root)

"""A team's remote on a real S3 server: set up, tried, examined, mended."""

import re
import stat
from pathlib import Path

import pytest
from servers import OPEN, OWNER, PRIVATE, READER, S3, WRONG, Keys, s3_files
from team import FILES, OTHERS, Clone, Told, pull, push, toonseg


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """A place of this test's own in the private bucket."""
    return f"s3://{PRIVATE}/{request.node.name}"


def use(monkeypatch: pytest.MonkeyPatch, keys: Keys) -> None:
    for name, value in keys.environment.items():
        monkeypatch.setenv(name, value)


def init(capsys, s3: S3, url: str, *more: str) -> Told:
    return toonseg(
        capsys, "remote", "init", url, "--endpointurl", s3.endpoint, "--region", "us-east-1", *more
    )


def objects(s3: S3, url: str) -> list[str]:
    """The paths of a remote's objects that are files."""
    found: list[str] = s3_files(s3, OWNER).find(url.removeprefix("s3://"))
    return [path for path in found if not path.endswith(".dir")]


@pytest.fixture
def pushed(project: Clone, s3: S3, url: str, original: Clone, monkeypatch) -> Clone:
    """The project with its remote set up by the owner, and everything there."""
    use(monkeypatch, OWNER)
    (project.root / ".dvc/config").write_text(
        f"[core]\n    remote = team\n['remote \"team\"']\n    url = {url}\n    verify = true\n"
        f"    endpointurl = {s3.endpoint}\n    region = us-east-1\n"
    )
    s3_files(s3, OWNER).put(str(original.root / ".dvc/cache/files"), f"{url}/", recursive=True)
    project.commit()
    return project


def test_init_shares_the_address_and_verifies_what_comes_and_leaves_no_key_in_git(
    project, s3, url, capsys, monkeypatch
):
    use(monkeypatch, OWNER)
    told = init(capsys, s3, url, "--save-keys")
    assert told.status == 0, told.err
    shared = (project.root / ".dvc/config").read_text()
    assert "verify = true" in shared
    assert f"url = {url}" in shared
    assert "remote = team" in shared
    own = project.root / ".dvc/config.local"
    assert OWNER.secret in own.read_text()
    assert OWNER.secret not in shared
    assert stat.S_IMODE(own.stat().st_mode) == 0o600
    project.ok("git", "check-ignore", str(own))
    assert not any("probe" in path for path in s3_files(s3, OWNER).find(url.removeprefix("s3://")))


def test_a_clone_pulls_the_same_bytes_and_runs_nothing(project, s3, url, tmp_path, capsys, monkeypatch):
    use(monkeypatch, OWNER)
    assert init(capsys, s3, url).status == 0
    assert push(project.root) == len(FILES) + 2
    project.commit()
    clone = project.clone(tmp_path / "clone")
    pull(clone.root)
    assert clone.files() == project.files() == FILES
    assert "up to date" in clone.ok("dvc", "repro", "--dry")


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        (None, "no keys were found"),
        (WRONG, "the secret key does not belong to this access key"),
        (Keys("nobody", "nothing"), "the server does not know this access key"),
        (READER, "you may not write there"),
    ],
)
def test_init_with_keys_that_do_not_do_says_why_and_configures_nothing(
    keys, sentence, project, s3, capsys, monkeypatch
):
    if keys:
        use(monkeypatch, keys)
    before = (project.root / ".dvc/config").read_bytes()
    told = init(capsys, s3, f"s3://{PRIVATE}/keys", *(["--save-keys"] if keys else []))
    assert told.status == 1
    assert sentence in told.err
    assert told.err.count("\n") == 1
    assert (project.root / ".dvc/config").read_bytes() == before
    assert not (project.root / ".dvc/config.local").exists()


def test_a_bucket_that_anyone_can_read_is_refused(project, s3, capsys, monkeypatch):
    use(monkeypatch, OWNER)
    told = init(capsys, s3, f"s3://{OPEN}/webtoons")
    assert (told.status, told.err.count("\n")) == (1, 1)
    assert "anyone can list it without keys: make the bucket private" in told.err
    assert not any("probe" in path for path in s3_files(s3, OWNER).find(OPEN))


def test_a_bucket_that_does_not_exist_is_named(project, s3, capsys, monkeypatch):
    use(monkeypatch, OWNER)
    told = init(capsys, s3, "s3://nowhere/webtoons")
    assert told.status == 1
    assert "s3://nowhere/webtoons: the bucket does not exist" in told.err


def test_check_finds_nothing_wrong_with_a_whole_private_remote(pushed, capsys):
    told = toonseg(capsys, "remote", "check")
    assert told.status == 0, told.out
    assert told.states.pop("guard") in ("ok", "note")  # whether this environment's dvc is the guarded one
    assert told.states == dict.fromkeys(
        ("settings", "pictures", "reading", "writing", "private", "git", "objects"), "ok"
    )
    assert f"all {len(FILES) + 2} objects" in told.out


def test_check_tells_a_missing_and_a_corrupted_object_and_mends_both(pushed, s3, url, capsys, tmp_path):
    files = s3_files(s3, OWNER)
    lost, damaged = objects(s3, url)[:2]
    files.rm_file(lost)
    files.pipe_file(damaged, b"x" * files.size(damaged))  # the same size: only the digest tells
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["objects"]) == (1, "FAIL")
    assert "1 object(s) missing" in told.out
    assert "1 object(s) corrupted" in told.out
    assert push(pushed.root) == 0, "DVC itself would have sent them, and check had nothing to add"

    mended = toonseg(capsys, "remote", "check", "--mend")
    assert (mended.status, mended.states["objects"]) == (0, "mended")
    assert toonseg(capsys, "remote", "check", "--deep").status == 0
    clone = pushed.clone(tmp_path / "clone")
    pull(clone.root)
    assert clone.files() == FILES


def test_what_is_nowhere_whole_is_left_to_a_colleague(pushed, s3, url, capsys, tmp_path, monkeypatch):
    files = s3_files(s3, OWNER)
    lost = objects(s3, url)[0]
    clone = pushed.clone(tmp_path / "clone")
    pull(clone.root)
    files.rm_file(lost)
    here = clone.root / ".dvc/cache/files/md5" / "/".join(lost.rsplit("/", 2)[1:])
    here.chmod(0o600)
    here.write_bytes(b"damaged here, too")
    monkeypatch.chdir(clone.root)
    told = toonseg(capsys, "remote", "check", "--mend")
    assert told.status == 1
    assert "no whole copy is here: have a colleague run `toonseg remote check --mend`" in told.out
    assert here.exists()
    assert not files.exists(lost)


def test_a_corrupted_object_does_not_pass_for_data(pushed, s3, url, tmp_path):
    from dvc.exceptions import DvcException

    files = s3_files(s3, OWNER)
    damaged = objects(s3, url)[0]
    files.pipe_file(damaged, b"rubbish")
    clone = pushed.clone(tmp_path / "clone")
    with pytest.raises(DvcException):
        pull(clone.root)
    assert b"rubbish" not in clone.files().values()


def test_a_reader_checks_without_writing(pushed, capsys, monkeypatch):
    use(monkeypatch, READER)
    told = toonseg(capsys, "remote", "check", "--read-only")
    assert told.status == 0, told.out
    assert "writing" not in told.states
    refused = toonseg(capsys, "remote", "check")
    assert (refused.status, refused.states["writing"], refused.states["private"]) == (1, "FAIL", "ok")


def test_login_keeps_ones_own_keys_and_says_what_they_allow(pushed, capsys, tmp_path, monkeypatch):
    clone = pushed.clone(tmp_path / "clone")
    monkeypatch.chdir(clone.root)
    use(monkeypatch, READER)
    told = toonseg(capsys, "remote", "login", "--save-keys")
    assert told.status == 0, told.err
    assert "you may read, and not write" in told.out
    for name in READER.environment:
        monkeypatch.delenv(name)
    pull(clone.root)
    assert clone.files() == FILES
    assert clone.ok("git", "status", "--porcelain") == ""
    use(monkeypatch, OWNER)
    assert "you may read and write" in toonseg(capsys, "remote", "login", "--save-keys").out


def test_login_with_wrong_keys_keeps_none(pushed, capsys, monkeypatch):
    use(monkeypatch, WRONG)
    told = toonseg(capsys, "remote", "login", "--save-keys")
    assert told.status == 1
    assert "the secret key does not belong" in told.err
    assert not (pushed.root / ".dvc/config.local").exists()


def test_keys_that_others_can_read_are_told_and_closed(pushed, capsys, monkeypatch):
    toonseg(capsys, "remote", "login", "--save-keys")
    own = pushed.root / ".dvc/config.local"
    own.chmod(0o644)
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["settings"]) == (1, "FAIL")
    assert f"run `chmod 600 {own}`" in told.out
    assert toonseg(capsys, "remote", "check", "--mend").states["settings"] == "mended"
    assert stat.S_IMODE(own.stat().st_mode) == 0o600


def test_a_remote_that_moved_away_from_ones_own_keys_is_told(pushed, capsys):
    toonseg(capsys, "remote", "login", "--save-keys")
    config = pushed.root / ".dvc/config"
    config.write_text(config.read_text().replace(f"s3://{PRIVATE}/", "s3://elsewhere/"))
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["settings"]) == (1, "FAIL")
    assert "'team' is now s3://elsewhere/" in told.out
    assert "and another beside your keys" in told.out


def test_login_follows_a_remote_that_moved_and_its_address_stays_beside_the_keys(pushed, s3, url, capsys):
    toonseg(capsys, "remote", "login", "--save-keys")
    files = s3_files(s3, OWNER)
    files.cp(f"{url}/", f"{url}-new/", recursive=True)
    files.rm(url, recursive=True)
    config, own = pushed.root / ".dvc/config", pushed.root / ".dvc/config.local"
    config.write_text(config.read_text().replace(url, f"{url}-new"))
    assert toonseg(capsys, "remote", "check").states["settings"] == "FAIL"
    assert f"'team' ({url}-new): you may read and write" in toonseg(capsys, "remote", "login").out
    assert OWNER.secret in own.read_text()
    own.write_text(
        own.read_text().replace(f"    url = {url}-new\n", "")
    )  # as `dvc remote modify` may leave it
    assert "url" not in own.read_text()
    assert toonseg(capsys, "remote", "login").status == 0
    assert f"url = {url}-new\n" in own.read_text()
    assert toonseg(capsys, "remote", "check").states["settings"] == "ok"


def test_keys_to_another_kind_of_place_go_when_a_remote_moves(pushed, capsys, tmp_path):
    toonseg(capsys, "remote", "login", "--save-keys")
    shelf = tmp_path / "shelf"
    shelf.mkdir(mode=0o700)
    config, own = pushed.root / ".dvc/config", pushed.root / ".dvc/config.local"
    before = config.read_text()
    config.write_text(
        f"[core]\n    remote = team\n['remote \"team\"']\n    url = {shelf}\n    verify = true\n"
    )
    assert toonseg(capsys, "remote", "login").status == 0
    assert OWNER.secret not in own.read_text()
    assert push(pushed.root) == len(FILES) + 2
    config.write_text(before)  # with an endpoint, which no folder has
    assert "'team' is now s3://" in toonseg(capsys, "remote", "check").err
    assert toonseg(capsys, "remote", "login", "--save-keys").status == 0
    assert OWNER.secret in own.read_text()


def test_another_remote_takes_the_place_of_one_by_the_commands_that_init_names(pushed, s3, url, capsys):
    toonseg(capsys, "remote", "login", "--save-keys")
    refused = init(capsys, s3, f"{url}-new")
    assert refused.status == 1
    for command in re.findall("`(dvc remote remove .*?)`", refused.err):
        pushed.ok(*command.split())
    assert init(capsys, s3, f"{url}-new").status == 0


def test_keys_in_the_shared_configuration_are_told_of_every_remote(pushed, capsys):
    with (pushed.root / ".dvc/config").open("a") as file:
        file.write(
            "    secret_access_key = something\n"
            "['remote \"old\"']\n    url = ssh://host/srv\n    password = more\n    passphrase = most\n"
        )
    told = toonseg(capsys, "remote", "check")
    assert told.status == 1
    held = "passphrase of 'old', secret_access_key of 'team'"
    assert f".dvc/config, which goes to Git, holds password of 'old', {held}: take them out" in told.out
    assert "`dvc remote modify --unset old password`, " in told.out


def test_a_remote_that_verifies_nothing_is_told_and_mended(pushed, capsys):
    config = pushed.root / ".dvc/config"
    config.write_text(config.read_text().replace("verify = true", "verify = false"))
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["settings"]) == (1, "FAIL")
    assert toonseg(capsys, "remote", "check", "--mend").states["settings"] == "mended"
    assert "verify = true" in config.read_text()


def test_a_lock_that_is_not_committed_is_told(pushed, capsys):
    with (pushed.root / "dvc.lock").open("a") as file:
        file.write("# changed\n")
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["git"]) == (0, "note")
    assert "dvc.lock changed since the last commit" in told.out


@pytest.mark.parametrize("file", ["dvc.lock", "dvc.yaml"])
def test_a_file_with_the_marks_of_a_merge_is_told(pushed, capsys, file):
    path = pushed.root / file
    path.write_text("<<<<<<< HEAD\n" + path.read_text())
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["objects"]) == (1, "FAIL")
    (line,) = [line for line in told.out.splitlines() if "objects" in line]
    assert f"unable to read: '{file}'" in line
    assert line.endswith("mend that file, or take it from a commit that is whole")


def test_a_file_of_aws_with_keys_that_others_can_read_is_told(pushed, capsys, monkeypatch):
    for name in OWNER.environment:
        monkeypatch.delenv(name)
    path = Path.home() / ".aws/credentials"
    path.parent.mkdir()
    path.write_text(f"[lab]\naws_access_key_id = {OWNER.access}\naws_secret_access_key = {OWNER.secret}\n")
    path.chmod(0o644)
    told = toonseg(capsys, "remote", "login", "--profile", "lab")
    assert (told.status, told.err.count("\n")) == (1, 1)
    assert f"the key file {path} can be read by others: run `chmod 600 {path}`" in told.err
    path.chmod(0o600)
    assert toonseg(capsys, "remote", "login", "--profile", "lab").status == 0
    assert toonseg(capsys, "remote", "check").status == 0
    path.chmod(0o640)
    assert toonseg(capsys, "remote", "check").states["settings"] == "FAIL"


def test_aws_own_configuration_is_looked_at_where_it_holds_keys(pushed, capsys, monkeypatch):
    for name in OWNER.environment:
        monkeypatch.delenv(name)
    path = pushed.root / "aws"
    path.write_text(f"[default]\naws_access_key_id = {OWNER.access}\n")
    path.chmod(0o644)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    assert toonseg(capsys, "remote", "check").states["settings"] == "ok"
    with path.open("a") as file:
        file.write(f"AWS_SECRET_ACCESS_KEY = {OWNER.secret}\n")
    assert f"{path} lies in the project, and `git add` would" in toonseg(capsys, "remote", "check").out
    (pushed.root / ".git/info/exclude").write_text("/aws\n")
    assert f"{path} can be read by others: run `chmod" in toonseg(capsys, "remote", "check").out
    path.chmod(0o600)
    assert toonseg(capsys, "remote", "check").status == 0


def test_ones_own_configuration_in_git_is_told(pushed, capsys):
    toonseg(capsys, "remote", "login", "--save-keys")
    pushed.ok("git", "add", "-f", ".dvc/config.local")
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["settings"]) == (1, "FAIL")
    assert f"take it out by `git rm --cached {pushed.root / '.dvc/config.local'}`" in told.out


def test_a_remote_of_ones_own_that_git_does_not_know_is_mended_and_keeps_keys(pushed, capsys):
    own = pushed.root / ".dvc/config.local"
    (pushed.root / ".dvc/config").rename(own)
    (pushed.root / ".dvc/config").write_text("")
    own.write_text(own.read_text().replace("verify = true", "verify = false"))
    assert toonseg(capsys, "remote", "login", "--save-keys").status == 0
    assert toonseg(capsys, "remote", "check").states["settings"] == "FAIL"
    assert toonseg(capsys, "remote", "check", "--mend").states["settings"] == "mended"
    assert "verify = true" in own.read_text()
    assert OWNER.secret in own.read_text()
    assert (pushed.root / ".dvc/config").read_text().strip() == ""


def test_a_bucket_opened_later_fails_the_check(pushed, s3, url, capsys):
    config = pushed.root / ".dvc/config"
    config.write_text(config.read_text().replace(f"s3://{PRIVATE}/", f"s3://{OPEN}/"))
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["private"]) == (1, "FAIL")
    assert "error: the remote 'team' fails: private, objects" in told.err


def test_nothing_is_sent_to_a_public_place_to_mend_it(pushed, s3, url, capsys):
    config = pushed.root / ".dvc/config"
    config.write_text(config.read_text().replace(f"s3://{PRIVATE}/", f"s3://{OPEN}/"))
    told = toonseg(capsys, "remote", "check", "--mend")
    assert (told.status, told.states["private"], told.states["objects"]) == (1, "FAIL", "FAIL")
    assert "missing" in told.out
    assert "put right what fails above, then run `toonseg remote check --mend`" in told.out
    assert not any("files/md5" in path for path in objects(s3, url.replace(PRIVATE, OPEN, 1)))


def test_pictures_of_others_in_git_are_no_fault_where_no_stranger_clones(pushed, capsys):
    with (pushed.root / "params.yaml").open("a") as file:
        file.write(OTHERS)
    assert "none of theirs in Git" in toonseg(capsys, "remote", "check").out
    picture = pushed.root / "docs/theirs/1.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"a picture")
    pushed.ok("git", "add", str(picture))
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["pictures"]) == (0, "ok")
    assert "docs/theirs/1.png in Git" in told.out

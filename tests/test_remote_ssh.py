"""A team's remote on a real SSH server, and in a shared folder."""

import getpass
import shutil
import stat
import subprocess
import time
from pathlib import Path

import pytest
from servers import Ssh
from team import FILES, Clone, Told, pull, push, toonseg


@pytest.fixture
def known(project: Clone, ssh: Ssh) -> Path:
    """The user's known_hosts, with the server's key."""
    path = Path.home() / ".ssh/known_hosts"
    path.parent.mkdir(mode=0o700)
    path.write_text(ssh.known_hosts)
    return path


@pytest.fixture
def url(ssh: Ssh, tmp_path: Path) -> str:
    """A folder of this test's own at the server."""
    return f"{ssh.address}{tmp_path}/shelf"


def init(capsys, ssh: Ssh, url: str, key: str = "owner") -> Told:
    return toonseg(capsys, "remote", "init", url, "--keyfile", str(ssh.key(key)))


@pytest.fixture
def pushed(project: Clone, ssh: Ssh, known: Path, url: str, capsys) -> Clone:
    """The project with its remote set up by the owner, and everything pushed."""
    assert init(capsys, ssh, url).status == 0
    assert push(project.root) == len(FILES) + 2
    project.commit()
    return project


def test_a_clone_pulls_the_same_bytes_over_ssh(pushed, ssh, url, capsys, tmp_path, monkeypatch):
    shelf = tmp_path / "shelf"
    assert not shelf.stat().st_mode & stat.S_IRWXO, "the folder is open to every user of the machine"
    assert str(ssh.key("owner")) not in (pushed.root / ".dvc/config").read_text()
    told = toonseg(capsys, "remote", "check")
    assert told.status == 0, told.out
    clone = pushed.clone(tmp_path / "clone")
    monkeypatch.chdir(clone.root)
    login = toonseg(capsys, "remote", "login", "--keyfile", str(ssh.key("reader")))
    assert "you may read, and not write" in login.out
    pull(clone.root)
    assert clone.files() == FILES
    refused = toonseg(capsys, "remote", "check")
    assert (refused.status, refused.states["writing"]) == (1, "FAIL")


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("stranger", "the machine lets nobody in by your keys: name yours by --keyfile"),
        ("reader", "you may not make the folder"),
        ("nobody", "does not exist"),
    ],
)
def test_init_with_a_key_that_does_not_do_says_why_and_configures_nothing(
    key, sentence, project, ssh, known, url, capsys
):
    before = (project.root / ".dvc/config").read_bytes()
    told = init(capsys, ssh, url, key)
    assert (told.status, told.err.count("\n")) == (1, 1)
    assert sentence in told.err
    assert (project.root / ".dvc/config").read_bytes() == before
    assert not (project.root / ".dvc/config.local").exists()


def test_a_machine_that_is_not_known_is_not_trusted(project, ssh, url, capsys, tmp_path):
    told = init(capsys, ssh, url)
    assert (told.status, told.err.count("\n")) == (1, 1)
    assert "the machine's key is not the one in ~/.ssh/known_hosts" in told.err
    assert not (tmp_path / "shelf").exists()


def test_a_machine_whose_key_has_changed_fails_the_check(pushed, ssh, known, capsys):
    host = ssh.known_hosts.split()[0]
    known.write_text(f"{host} {ssh.key('stranger.pub').read_text()}")
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["reading"]) == (1, "FAIL")
    assert "the machine's key is not the one in ~/.ssh/known_hosts" in told.out


def test_a_key_that_others_can_read_is_refused(project, ssh, known, url, capsys, tmp_path):
    key = tmp_path / "key"
    key.write_bytes(ssh.key("owner").read_bytes())
    key.chmod(0o644)
    told = toonseg(capsys, "remote", "init", url, "--keyfile", str(key))
    assert told.status == 1
    assert f"the key file {key} can be read by others: run `chmod 600 {key}`" in told.err


def test_a_public_key_is_not_taken_for_a_private_one(project, ssh, known, url, capsys):
    told = init(capsys, ssh, url, "owner.pub")
    assert (told.status, told.err.count("\n")) == (1, 1)
    assert "owner.pub is the public half: name the private one by --keyfile" in told.err
    assert told.err.endswith(f"most often {ssh.key('owner')}\n")


def test_who_has_another_name_at_the_machine_keeps_it_for_themselves(pushed, ssh, url, capsys):
    config, own = pushed.root / ".dvc/config", pushed.root / ".dvc/config.local"
    config.write_text(config.read_text().replace(f"{getpass.getuser()}@", "somebody@"))
    own.unlink()
    keyfile = ("--keyfile", str(ssh.key("owner")))
    assert "lets nobody in" in toonseg(capsys, "remote", "login", *keyfile).err
    told = toonseg(capsys, "remote", "login", *keyfile, "--user", getpass.getuser())
    assert "you may read and write" in told.out
    assert f"user = {getpass.getuser()}" in own.read_text()
    assert toonseg(capsys, "remote", "check").states["reading"] == "ok"


def own_key(ssh: Ssh, path: Path, mode: int = 0o600) -> Path:
    """A copy of the owner's key at ``path``."""
    path.write_bytes(ssh.key("owner").read_bytes())
    path.chmod(mode)
    return path


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """The user's SSH agent, without keys."""
    socket = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL) as running:
        while not socket.exists():
            assert running.poll() is None
            time.sleep(0.01)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        yield socket
        running.terminate()


def test_a_key_with_a_passphrase_is_told_and_its_agent_is_asked(
    project, ssh, known, url, agent, capsys, tmp_path
):
    key = own_key(ssh, tmp_path / "key")
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", key], check=True)
    told = toonseg(capsys, "remote", "init", url, "--keyfile", str(key))
    assert (told.status, told.err.count("\n")) == (1, 1)
    assert "the key file has a passphrase: load the key with `ssh-add`, and name no key file" in told.err
    subprocess.run(["ssh-add", "-q", ssh.key("owner")], check=True)
    assert toonseg(capsys, "remote", "init", url).status == 0


def test_a_usual_key_and_one_of_sshs_configuration_that_others_can_read_are_refused(
    project, ssh, known, url, capsys
):
    key = own_key(ssh, known.with_name("id_ed25519"), 0o644)
    told = toonseg(capsys, "remote", "init", url)
    assert (told.status, told.err.count("\n")) == (1, 1)
    assert f"the key file {key} can be read by others: run `chmod 600 {key}`" in told.err
    key.chmod(0o600)
    other = own_key(ssh, known.with_name("id_rsa"), 0o604)
    assert f"the key file {other} can be read by others" in toonseg(capsys, "remote", "init", url).err
    other.unlink()
    assert toonseg(capsys, "remote", "init", url).status == 0
    named = own_key(ssh, known.with_name("of the lab"), 0o640)
    known.with_name("config").write_text('Host 127.0.0.1\n  IdentityFile "~/.ssh/of the lab"\n')
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["settings"]) == (1, "FAIL")
    assert f"the key file {named} can be read by others: run `chmod 600 '{named}'`" in told.out


def test_a_key_in_the_project_that_git_would_take_or_holds_is_refused(project, ssh, known, url, capsys):
    key = own_key(ssh, project.root / "mykey")
    told = toonseg(capsys, "remote", "init", url, "--keyfile", "./mykey")
    assert (told.status, told.err.count("\n")) == (1, 1)
    assert f"the key file {key} lies in the project, and `git add` would take it along: move it" in told.err
    (project.root / ".git/info/exclude").write_text("/mykey\n")
    assert toonseg(capsys, "remote", "init", url, "--keyfile", "./mykey").status == 0
    assert toonseg(capsys, "remote", "check").states["settings"] == "ok"
    (project.root / ".git/info/exclude").write_text("")
    assert "`git add` would take it along" in toonseg(capsys, "remote", "check").out
    project.ok("git", "add", "mykey")
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["settings"]) == (1, "FAIL")
    assert f"the key file {key} is in Git: take it out by `git rm --cached {key}`" in told.out


def test_a_folder_that_every_user_of_the_machine_can_enter_fails(pushed, capsys, tmp_path):
    opened = [tmp_path / "shelf", *tmp_path.parents, tmp_path]
    modes = {path: path.stat().st_mode for path in opened}
    try:
        for path in opened:
            path.chmod(stat.S_IMODE(modes[path]) | 0o005)
        told = toonseg(capsys, "remote", "check")
    finally:
        for path, mode in modes.items():
            path.chmod(stat.S_IMODE(mode))
    assert (told.status, told.states["private"]) == (1, "FAIL")
    assert f"run `chmod o-rwx {tmp_path / 'shelf'}` there" in told.out


def test_damage_that_keeps_the_size_is_found_by_reading_every_byte(pushed, capsys, tmp_path):
    objects = sorted(p for p in (tmp_path / "shelf/files").rglob("*") if p.is_file() and p.suffix != ".dir")
    size = objects[0].stat().st_size
    objects[0].chmod(0o600)
    objects[0].write_bytes(b"x" * size)
    objects[1].unlink()
    shallow = toonseg(capsys, "remote", "check")
    assert "1 object(s) missing" in shallow.out
    assert "corrupted" not in shallow.out
    deep = toonseg(capsys, "remote", "check", "--deep")
    assert "1 object(s) corrupted" in deep.out
    assert toonseg(capsys, "remote", "check", "--deep", "--mend").states["objects"] == "mended"
    assert toonseg(capsys, "remote", "check", "--deep").status == 0


def test_a_shared_folder_is_made_for_its_group_alone(project, capsys, tmp_path, monkeypatch):
    shelf = tmp_path / "shared"
    assert toonseg(capsys, "remote", "init", str(shelf)).status == 0
    assert stat.S_IMODE(shelf.stat().st_mode) == 0o2770
    assert push(project.root) == len(FILES) + 2
    assert toonseg(capsys, "remote", "check").status == 0
    (objects,) = {stat.S_IMODE(p.stat().st_mode) & 0o070 for p in (shelf / "files").rglob("*") if p.is_dir()}
    assert objects == 0o070, "colleagues of the group could not add objects"
    project.commit()
    clone = project.clone(tmp_path / "clone")
    pull(clone.root)
    assert clone.files() == FILES


def test_nothing_is_left_of_a_shared_folder_that_does_not_do(project, capsys, tmp_path, monkeypatch):
    told = toonseg(capsys, "remote", "init", str(tmp_path / "none/shared"))
    assert told.status == 1
    assert f"{tmp_path / 'none'} does not exist there: make it first" in told.err
    assert not (tmp_path / "none").exists()


def test_another_address_does_not_take_the_place_of_a_remote(project, capsys, tmp_path):
    assert toonseg(capsys, "remote", "init", str(tmp_path / "one")).status == 0
    told = toonseg(capsys, "remote", "init", str(tmp_path / "two"))
    assert told.status == 1
    assert "there is a remote 'team' already" in told.err
    assert not (tmp_path / "two").exists()
    assert toonseg(capsys, "remote", "init", str(tmp_path / "two"), "--name", "other").status == 0


def test_a_file_at_the_server_is_no_remote(project, ssh, known, url, capsys, tmp_path):
    (tmp_path / "shelf").write_text("")
    told = init(capsys, ssh, url)
    assert (told.status, told.err) == (1, f"error: {url} is a file there: give a folder\n")
    assert (tmp_path / "shelf").exists()


def test_a_check_without_a_lock_does_not_say_that_all_is_there(project, capsys, tmp_path):
    assert toonseg(capsys, "remote", "init", str(tmp_path / "shared")).status == 0
    project.ok("git", "rm", "-q", "dvc.lock")
    project.commit()
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["git"], told.states["objects"]) == (0, "note", "note")
    assert "there is no dvc.lock: run `dvc repro` and commit it" in told.out
    assert "no dvc.lock names any yet: run `dvc repro`, then `dvc push`" in told.out


def test_a_project_that_has_lost_its_git_is_told(project, capsys, tmp_path):
    assert toonseg(capsys, "remote", "init", str(tmp_path / "shared")).status == 0
    shutil.rmtree(project.root / ".git")
    told = toonseg(capsys, "remote", "check")
    assert (told.status, told.states["git"], told.states["objects"]) == (1, "note", "FAIL")
    assert f"DVC cannot open {project.root} (" in told.out
    assert "clone the project anew, or begin its Git by `git init`" in told.out

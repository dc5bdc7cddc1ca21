"""Episodes are worked on here or on a cluster, with the same bytes, whoever is killed on the way."""

import os
import shutil
import signal
import socketserver
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread
from threading import enumerate as enumerate_threads
from types import SimpleNamespace

import pytest
import shared_work
from dask_cluster import ROOT, Cluster

from toonseg.errors import ToonsegError
from toonseg.parallel import ENGINE, Task, in_order, map_episodes, map_tasks

EXPECTED = {f"{number:02d}.txt": b"abc" * number for number in range(12)}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a file that each task reads; a cluster's workers stand elsewhere."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    Path("pages").write_bytes(b"abc")
    return home


@pytest.fixture(scope="module")
def joint(tmp_path_factory):
    """A cluster that tests may kill workers of."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()


@pytest.fixture
def cluster(joint, folder, monkeypatch):
    """The cluster, named in the environment."""
    monkeypatch.setenv(ENGINE, joint.address)
    return joint


def tasks(count=12, of=lambda number: number):
    return [Task(of(number), (Path("pages"),)) for number in range(count)]


def written():
    return {path.name: path.read_bytes() for path in Path("out").iterdir()}


def test_a_cluster_without_workers_is_told(cluster):
    cluster.with_workers(0)
    with pytest.raises(ToonsegError, match="has no workers: start some"):
        list(map_tasks(shared_work.repeat, tasks()))


def test_a_cluster_without_the_files_writes_the_same_bytes_although_a_worker_is_killed(cluster):
    cluster.with_workers(2)
    results = map_tasks(shared_work.repeat, tasks())
    first = next(results)
    cluster.kill(cluster.workers[0])
    assert [first, *results] == list(range(12))
    assert written() == EXPECTED
    assert not list(Path("data/checkpoints/episodes").iterdir())


def test_a_run_drops_no_work_that_another_one_keeps(cluster):
    cluster.with_workers(1)
    other = Path("data/checkpoints/episodes/repeat/other.pickle")
    other.parent.mkdir(parents=True)
    other.write_bytes(b"")
    assert list(map_tasks(shared_work.repeat, tasks(1))) == [0]
    assert list(other.parent.iterdir()) == [other]


def test_a_fault_of_a_task_is_raised_as_here_and_a_missing_file_named(cluster):
    cluster.with_workers(1)
    with pytest.raises(ToonsegError, match="three is refused"):
        list(map_tasks(shared_work.refuse_three, tasks()))
    with pytest.raises(ToonsegError, match="gone does not exist: run `dvc repro`"):
        list(map_tasks(shared_work.repeat, [Task(1, (Path("gone"),))]))


def test_a_file_that_all_tasks_read_comes_before_their_own(cluster):
    cluster.with_workers(1)
    Path("model").write_bytes(b"model")
    found = map_tasks(shared_work.contents, tasks(2), common=[Path("model")])
    assert list(found) == [[b"model", b"abc"]] * 2


def test_an_episode_that_kills_its_workers_is_told(cluster):
    cluster.with_workers(2)
    with pytest.raises(ToonsegError, match="an episode killed 2 workers, perhaps for want of memory"):
        list(map_tasks(shared_work.die_on_worker, tasks(1)))


def test_workers_of_another_toonseg_are_refused(cluster, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(ROOT / "toonseg", other / "toonseg", ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "toonseg/errors.py").open("a") as file:
        file.write("# changed\n")
    cluster.with_workers(0).workers.append(cluster.begin_worker(other))
    with pytest.raises(ToonsegError, match=r"worker tcp://\S+ has toonseg \w+, this machine \w+: install"):
        list(map_tasks(shared_work.repeat, tasks()))

    (other / "toonseg/cluster.py").write_text("raise ImportError('older than clusters')\n")
    cluster.with_workers(0).workers.append(cluster.begin_worker(other))
    with pytest.raises(ToonsegError, match=r"worker tcp://\S+ cannot run this toonseg"):
        list(map_tasks(shared_work.repeat, tasks()))
    cluster.with_workers(0)


def test_a_lost_scheduler_is_told_and_the_next_run_does_only_the_rest(cluster, tmp_path, monkeypatch):
    for name in ("marks", "elsewhere"):
        (tmp_path / name).mkdir()
    work = tasks(of=lambda number: (number, tmp_path / "marks"))
    with closing(Cluster(tmp_path / "elsewhere", 1)) as lost:
        monkeypatch.setenv(ENGINE, lost.address)
        results = map_tasks(shared_work.repeat_and_tell, work)
        came = [next(results) for _ in range(6)]
    with pytest.raises(ToonsegError, match=r"the Dask scheduler at tcp://.* lost: .*what came back is kept"):
        came += results
    monkeypatch.setenv(ENGINE, cluster.with_workers(1).address)
    assert list(map_tasks(shared_work.repeat_and_tell, work)) == list(range(12))
    assert written() == EXPECTED
    assert [(tmp_path / "marks" / str(number)).read_text() for number in came] == ["x"] * len(came)


def lose(lost, rest):
    """Work on a cluster that is lost after the first result, as a program: its status and stderr."""
    code = """
import sys
import shared_work, toonseg.cluster
from toonseg.console import guarded
from toonseg.parallel import map_tasks
from test_parallel import tasks
toonseg.cluster._LOOK_S, toonseg.cluster._WITHOUT_WORKERS_S = 0.2, 1
def work():
    results = map_tasks(shared_work.repeat_slowly, tasks())
    print(next(results), flush=True)
    sys.stdin.readline()
    return len(list(results))
sys.exit(guarded(work))
"""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    environment = {**os.environ, ENGINE: lost.address, "PYTHONPATH": path}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, text=True, **pipes) as running:
        assert running.stdout.readline() == "0\n"
        rest()
        _, said = running.communicate("\n")
    return running.returncode, said


def test_the_loss_of_every_worker_is_told_after_a_while(folder, tmp_path):
    with closing(Cluster(tmp_path, 1)) as lost:
        status, said = lose(lost, lambda: lost.with_workers(0))
    assert status == 1
    assert said == (
        "waiting for workers: the Dask scheduler has none left\n"
        "error: the Dask scheduler has lost all its workers: start some again, then run it again to go on: "
        "what came back is kept\n"
    )
    assert len(list(Path("data/checkpoints/episodes").rglob("*.pickle"))) == 1


@contextmanager
def model(before=lambda: None, after=lambda: None):
    """A file that all tasks read: its first reader waits until ``before`` is done, and ``after`` follows."""

    def feed():
        with Path("model").open("wb") as pipe:  # opens when the workers have been looked at
            before()
            pipe.write(b"model")
        after()

    os.mkfifo("model")
    feeding = Thread(target=feed, daemon=True)
    feeding.start()
    yield map_tasks(shared_work.contents, tasks(), common=[Path("model")])
    feeding.join()


@pytest.mark.parametrize("stopped", [False, True], ids=["before", "while"])
def test_the_loss_of_every_worker_at_what_all_tasks_read_is_told(cluster, monkeypatch, stopped):
    monkeypatch.setattr("toonseg.cluster._LOOK_S", 0.2)
    monkeypatch.setattr("toonseg.cluster._WITHOUT_WORKERS_S", 1)
    cluster.with_workers(1)

    def stop():  # it takes nothing any more, and nobody knows
        cluster.workers[0].send_signal(signal.SIGSTOP)

    def lose():
        time.sleep(1)
        cluster.with_workers(0)

    moments = (stop, lose) if stopped else (lose,)
    with model(*moments) as results, pytest.raises(ToonsegError, match="scheduler has lost all its workers"):
        list(results)


def test_the_loss_of_whoever_holds_what_all_tasks_read_loses_nothing(cluster):
    cluster.with_workers(2)
    with model(lambda: cluster.with_workers(1)) as results:
        first = next(results)
        cluster.with_workers(0).with_workers(1)
        assert [first, *results] == [[b"model", b"abc"]] * 12


def test_the_loss_of_the_scheduler_is_one_sentence(folder, tmp_path):
    with closing(Cluster(tmp_path, 1)) as lost:
        status, said = lose(lost, lambda: lost.kill(lost.scheduler))
    assert (status, said.count("\n")) == (1, 1)
    assert said.startswith(f"error: the Dask scheduler at {lost.address}, or all its workers, were lost")


def test_workers_that_leave_while_they_are_looked_at_are_none():
    from distributed.comm.core import CommClosedError

    from toonseg.cluster import _check_workers, identity

    one_left = {"tcp://a": CommClosedError(), "tcp://c": identity()}
    assert _check_workers(SimpleNamespace(run=lambda *_, **__: one_left, nthreads=lambda: {"c": 1}), "") == 1

    leaving = SimpleNamespace(run=lambda *_, **__: {"tcp://a": identity()}, nthreads=dict)
    with pytest.raises(ToonsegError, match="the Dask scheduler at tcp://b has no workers: start some"):
        _check_workers(leaving, "tcp://b")


@contextmanager
def listener(greeting):
    """The address of a server that sends a greeting to whoever comes, then waits for them to leave."""

    class Greet(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.sendall(greeting)
            self.request.recv(1 << 16)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Greet) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def refused(address, monkeypatch):
    """Hold that the address is refused with a sentence, and that no thread is left to wait for it."""
    monkeypatch.setenv(ENGINE, address)
    monkeypatch.setattr("toonseg.cluster._ANSWER_S", 1)
    with pytest.raises(ToonsegError, match=rf"{ENGINE}={address}: no Dask scheduler answers there"):
        list(map_tasks(shared_work.repeat, tasks()))
    assert "IO loop" not in {thread.name for thread in enumerate_threads()}


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:1", "tcp://localhost:1"],
)
def test_an_address_that_nobody_answers_is_told(folder, monkeypatch, address):
    refused(address, monkeypatch)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("tcp://nowhere.invalid:8786", "no machine of this name is known"),
        (
            "tls://127.0.0.1:8786",
            "Dask's settings name no certificates: set DASK_DISTRIBUTED__COMM__TLS__CA_F",
        ),
    ],
)
def test_a_machine_without_a_name_and_tls_without_keys_are_told_at_once(
    folder, monkeypatch, address, sentence
):
    monkeypatch.setenv(ENGINE, address)
    with pytest.raises(ToonsegError, match=f"{ENGINE}={address}: {sentence}"):
        list(map_tasks(shared_work.repeat, tasks()))


@pytest.mark.parametrize(
    "address",
    [
        *("dask", "http://127.0.0.1:1", "tcp:/127.0.0.1:1", "127.0.0.1:8786"),
        *("tcp://", "tcp://127.0.0.1", "tcp://:8786", "tcp://127.0.0.1:99999", "tcp://127.0.0.1:a"),
    ],
)
def test_what_is_no_address_of_a_scheduler_is_told_at_once(folder, monkeypatch, address):
    monkeypatch.setenv(ENGINE, address)
    with pytest.raises(ToonsegError, match=rf"{ENGINE}={address} is no address .*: write tcp://HOST:PORT"):
        list(map_tasks(shared_work.repeat, tasks()))


@pytest.mark.parametrize(
    "greeting", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", bytes(8)], ids=["none", "SSH", "zeros"]
)
def test_an_address_where_something_else_listens_is_told(folder, monkeypatch, greeting):
    with listener(greeting) as address:
        refused(address, monkeypatch)


def test_dask_is_imported_only_when_the_variable_is_set():
    code = "import sys, stages.cut, stages.export; print({'dask', 'toonseg.cluster'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "set()\n"


def test_a_killed_process_s_share_is_done_again(tmp_path):
    jobs = [(number, tmp_path / "mark") for number in range(12)]
    assert list(map_episodes(shared_work.die_once, jobs, 2)) == [2 * number for number in range(12)]
    assert (tmp_path / "mark").exists()


def test_few_items_are_handed_out_at_a_time():
    handed, at_most = [], []

    class Ready:
        def __init__(self, item):
            self.item = item

        def result(self):
            at_most.append(len(handed) - self.item)
            return self.item

    def submit(item):
        handed.append(item)
        return Ready(item)

    assert list(in_order(submit, range(9), 3)) == list(range(9))
    assert max(at_most) == 3


def test_no_tasks_need_no_cluster(monkeypatch):
    monkeypatch.setenv(ENGINE, "tcp://127.0.0.1:1")
    assert list(map_tasks(shared_work.repeat, [])) == []
    assert os.environ[ENGINE]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems fork none")
@pytest.mark.parametrize(("threads", "seen"), [(0, "1234 1234"), (1, "1000 1000")])
def test_workers_are_forked_only_from_a_process_of_one_thread(threads, seen):
    code = f"""
import operator, sys, threading
from toonseg.parallel import map_episodes
sys.setrecursionlimit(1234)  # what is forked from here has it too
done = threading.Event()
for _ in range({threads}):
    threading.Thread(target=done.wait).start()
print(*map_episodes(operator.methodcaller("__call__"), [sys.getrecursionlimit] * 2, 2))
done.set()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == seen


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems are not told")
def test_the_memory_of_pictures_serves_the_next_ones():
    code = """
import resource, numpy as np
from toonseg.workers import reuse_memory
reuse_memory()
faults = []
for _ in range(20):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    [np.ones(1 << 20, np.uint8) for _ in range(8)]
    faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(faults[0], sum(faults[1:]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, others = map(int, done.stdout.split())
    assert others < first  # by itself, each of the nineteen gets as many pages from the system as the first

"""Files are written whole or not at all, and read back as they were or refused with a sentence."""

from dataclasses import dataclass

import pytest

from toonseg.errors import ToonsegError
from toonseg.store import (
    file_sha256,
    read_json,
    read_table,
    whole_file,
    whole_folder,
    write_bytes,
    write_json,
    write_table,
)


@dataclass(frozen=True)
class Cat:
    name: str
    lives: int
    weight_kg: float


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_when_it_is_whole(tmp_path):
    with whole_file(tmp_path / "deep" / "a.txt") as aside:
        aside.write_text("new")
        assert not (tmp_path / "deep" / "a.txt").exists()
    assert names(tmp_path / "deep") == ["a.txt"]


def test_a_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    write_bytes(tmp_path / "a.txt", b"old")
    with pytest.raises(RuntimeError), whole_file(tmp_path / "a.txt") as aside:
        aside.write_text("half")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_replaces_the_old_one_as_a_whole(tmp_path):
    for content in ("one", "two"):
        with whole_folder(tmp_path / "out") as aside:
            (aside / f"{content}.txt").write_text(content)
    assert names(tmp_path / "out") == ["two.txt"]
    assert names(tmp_path) == ["out"]


def test_a_failed_folder_leaves_the_old_one(tmp_path):
    with whole_folder(tmp_path / "out") as aside:
        (aside / "old.txt").write_text("old")
    with pytest.raises(KeyboardInterrupt), whole_folder(tmp_path / "out") as aside:
        (aside / "half.txt").write_text("half")
        raise KeyboardInterrupt
    assert names(tmp_path / "out") == ["old.txt"]
    assert names(tmp_path) == ["out"]


def test_what_a_killed_run_left_aside_is_no_part_of_the_next(tmp_path):
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial" / "stale.txt").write_text("stale")
    with whole_folder(tmp_path / "out") as aside:
        (aside / "new.txt").write_text("new")
    assert names(tmp_path / "out") == ["new.txt"]


def test_json_is_sorted_and_keeps_korean(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": "방과 후"})
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == '{\n "a": "방과 후",\n "b": 1\n}\n'
    assert read_json(tmp_path / "a.json") == {"a": "방과 후", "b": 1}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{"a": 1,\n "b": }', "line 2, column 7: not valid JSON"),
        (b"\xff\xfe\xfa", "not UTF-8"),
        (b"[" * 100_000, "not usable JSON"),
        (b"1" * 5000, "not usable JSON"),
    ],
)
def test_json_that_cannot_be_read_is_named(tmp_path, data, sentence):
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(ToonsegError, match=sentence) as error:
        read_json(tmp_path / "a.json")
    assert str(tmp_path / "a.json") in str(error.value)


def test_a_missing_file_says_what_makes_it(tmp_path):
    for read in (read_json, file_sha256, lambda path: read_table(path, Cat)):
        with pytest.raises(ToonsegError, match="does not exist: run `dvc repro`"):
            read(tmp_path / "absent")


@pytest.mark.parametrize("rows", [[], [Cat('나비, the "cat"\n', 9, 4.25), Cat("", 1, 1e-9)]])
def test_a_table_comes_back_as_it_was(tmp_path, rows):
    write_table(tmp_path / "cats.csv", rows, Cat)
    assert read_table(tmp_path / "cats.csv", Cat) == rows


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name,lives\nTom,9\n", r"its columns are \['name', 'lives'\]"),
        ("name,lives,weight_kg\nTom,nine,4\n", "line 2: .*nine"),
        ("name,lives,weight_kg\nTom,9\n", "line 2"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path, text, sentence):
    (tmp_path / "cats.csv").write_text(text)
    with pytest.raises(ToonsegError, match=sentence):
        read_table(tmp_path / "cats.csv", Cat)

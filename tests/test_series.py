"""The series and classes that params.yaml declares, and what it may not declare."""

import pytest

from toonseg.classes import load_classes
from toonseg.errors import ParamsError
from toonseg.params import load_params
from toonseg.series import SeriesParams, load_series, parse_episodes


def params_file(folder, *lines):
    path = folder / "params.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def series_file(folder, site="demo", title="school", episodes="1-3"):
    lines = [
        f"    {key}: {value}" for key, value in (("site", site), ("title", title), ("episodes", episodes))
    ]
    return params_file(folder, "series:", "  school:", *lines)


@pytest.mark.parametrize(
    ("text", "episodes"),
    [
        ("7", (7,)),
        ("1-3", (1, 2, 3)),
        ("5-5", (5,)),
        ("1 - 3, 102,201", (1, 2, 3, 102, 201)),
        ("9, 2-3, 3-4", (2, 3, 4, 9)),
        ("0-1,", (0, 1)),
    ],
)
def test_episodes_come_sorted_and_once(text, episodes):
    assert parse_episodes(text) == episodes


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "must name at least one episode"),
        (" , ", "must name at least one episode"),
        ("first", "'first', which is neither a number nor a range"),
        ("1-", "'1-', which is neither"),
        ("-3", "'-3', which is neither"),
        ("1-2-3", "'1-2-3', which is neither"),
        ("²", "'²', which is neither"),
        ("7-1", "'7-1', which runs backwards: write 1-7"),
        ("1-999999", "of more than 100000 episodes"),
    ],
)
def test_what_names_no_episodes_is_quoted(text, fault):
    with pytest.raises(ParamsError, match=f"episodes .*{fault}"):
        parse_episodes(text)


def test_series_are_read_in_the_order_of_the_file(tmp_path):
    entry = ["    site: demo", "    title: x", "    episodes: 1-2"]
    path = params_file(tmp_path, "series:", "  b:", *entry, "  a:", *entry)
    assert list(load_series(path)) == ["b", "a"]
    assert load_series(path)["a"] == SeriesParams("demo", "x", "1-2")


def test_a_licence_may_be_left_out_and_must_be_a_known_one(tmp_path):
    path = series_file(tmp_path)
    assert load_series(path)["school"].licence == ""
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}    licence: own\n", encoding="utf-8")
    assert load_series(path)["school"].licence == "own"
    path.write_text(f"{text}    licence: mine\n", encoding="utf-8")
    with pytest.raises(ParamsError, match=r"section 'series\.school': licence .* 'own'.*, got 'mine'"):
        load_series(path)


def test_a_number_is_taken_as_text(tmp_path):
    path = series_file(tmp_path, title=748105, episodes=102)
    expected = SeriesParams("demo", "748105", "102")
    assert load_series(path) == {"school": expected}
    assert load_params("series.school", SeriesParams, path) == expected


def test_direction_and_contact_may_be_left_out(tmp_path):
    text = ["series:", "  a:", "    site: naver", "    title: 7", "    episodes: 1"]
    path = params_file(tmp_path, *text, "    direction: backward", "    contact: me@example.org")
    assert load_series(path)["a"] == SeriesParams("naver", "7", "1", "backward", "me@example.org")
    path = params_file(tmp_path, *text, "    direction: up")
    with pytest.raises(ParamsError, match="direction should be 'forward' or 'backward', got 'up'"):
        load_series(path)


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"episodes": ""}, "episodes must name at least one episode, such as 1-7, 102, got None"),
        ({"episodes": "7-1"}, "episodes holds the range '7-1', which runs backwards"),
        ({"episodes": "[1, 2]"}, "episodes must be text such as 1-7, 102"),
        ({"episodes": 1.5}, "episodes must be text such as 1-7, 102"),
        ({"site": ""}, "site must not be empty"),
        ({"title": "' '"}, "title must not be empty"),
    ],
)
def test_a_fault_names_the_series_and_the_key(tmp_path, values, fault):
    with pytest.raises(ParamsError, match=rf"params.yaml, section 'series.school': {fault}"):
        load_series(series_file(tmp_path, **values))


@pytest.mark.parametrize("text", ["series:", "series: {}", "series: []"])
def test_no_series_at_all_is_a_fault(tmp_path, text):
    with pytest.raises(ParamsError, match="section 'series': declare at least one"):
        load_series(params_file(tmp_path, text))


@pytest.mark.parametrize("name", ["a/b", "..", "a.b", ".hidden", "2021", "two words", "'-x'"])
def test_a_name_that_cannot_name_a_folder_and_a_stage_is_refused(tmp_path, name):
    with pytest.raises(ParamsError, match="cannot name a folder and a stage"):
        load_series(params_file(tmp_path, "series:", f"  {name}:", "    site: demo"))


def test_classes_keep_their_order(tmp_path):
    assert load_classes(params_file(tmp_path, "classes:", "- hair", "- T-shirt")) == ("hair", "T-shirt")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("series: 1", "no section 'classes'"),
        ("classes:", "must list at least one class"),
        ("classes: hair", "must list at least one class, got 'hair'"),
        ("classes: [hair, 7]", "must be a name in text, got 7"),
        ("classes: [hair, '']", "must be a name in text, got ''"),
        ("classes: [hair, tie, hair]", "the class 'hair' stands there twice"),
    ],
)
def test_classes_that_are_no_list_of_different_names_are_refused(tmp_path, text, fault):
    with pytest.raises(ParamsError, match=fault):
        load_classes(params_file(tmp_path, text))

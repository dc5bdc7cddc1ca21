"""What the report is made of: verdicts, outlines, near-duplicates, changes, and a folder that is whole."""

import json
import re
import shutil
import subprocess
import threading
import urllib.request

import cv2
import numpy as np
import pytest
from drawn_report import CLASSES, FOUND, LABELS, SERIES, label, result, write_project
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from toonseg.cli import main
from toonseg.errors import ToonsegError
from toonseg.geometry import encode_rle
from toonseg.report import serve as serving
from toonseg.report.against import changes_against, panel_f1
from toonseg.report.build import ReportParams, build_report
from toonseg.report.outline import svg_path
from toonseg.report.sources import ShownPanel, project_reader, read_panels, script
from toonseg.report.verdicts import verdicts
from toonseg.store import read_json, write_json

PARAMS = ReportParams(picture_px=80, quality=75, score=0.5, twin_bits=32)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    root = tmp_path_factory.mktemp("drawn")
    write_project(root)
    return root


@pytest.fixture
def project(drawn, tmp_path, monkeypatch):
    root = tmp_path / "project"
    shutil.copytree(drawn, root)
    monkeypatch.chdir(root)
    return root


def data_of(folder):
    text = (folder / "data.js").read_text(encoding="utf-8")
    assert text.startswith("TOONSEG.start(") and text.endswith(");\n")
    return json.loads(text[len("TOONSEG.start(") : -3])


# Verdicts


def kinds(labels, predictions):
    return [verdict.kind for verdict in verdicts(labels, predictions)]


def test_each_kind_of_error_is_told_from_the_others():
    assert kinds(LABELS, FOUND) == ["right", "duplicate", "class", "location", "background", "right"]
    near_another = result(1, (60, 10, 75, 50), 0.5)
    assert kinds(LABELS, [near_another]) == ["both"]
    assert [verdict.label for verdict in verdicts(LABELS, FOUND)] == [0, 0, 1, 2, -1, 1]


def test_without_labels_everything_is_background_and_without_predictions_there_is_no_verdict():
    assert kinds([], FOUND) == ["background"] * len(FOUND)
    assert kinds(LABELS, []) == []


def test_what_lies_on_an_ignored_region_is_no_error():
    crowd = label(1, (0, 0, 60, 60), iscrowd=1)
    assert kinds([crowd], [result(2, (5, 5, 30, 30), 0.9)]) == ["ignored"]
    assert kinds([*LABELS, crowd], FOUND[:1]) == ["right"]


@given(st.integers(0, len(FOUND)))
def test_a_higher_threshold_only_leaves_predictions_out(count):
    assert verdicts(LABELS, FOUND)[:count] == verdicts(LABELS, FOUND[:count])


# Outlines


def filled(path, height, width):
    """A path as a browser fills it, by the even-odd rule."""
    rings, points = [], []
    for command, numbers in re.findall(r"([Mlhvz])(-?\d+(?: -?\d+)?)?", path):
        values = [int(value) for value in numbers.split()] if numbers else []
        if command == "M":
            points = [tuple(values)]
        elif command == "z":
            rings.append(points)
        else:
            dx = values[0] if command in "lh" else 0
            dy = values[-1] if command in "lv" else 0
            points.append((points[-1][0] + dx, points[-1][1] + dy))
    crossings = np.zeros((height, width), int)
    xs = np.arange(width) + 0.5
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
            for y in range(min(y0, y1), max(y0, y1)):
                crossings[y] += xs > x0 + (x1 - x0) * (y + 0.5 - y0) / (y1 - y0)
    return crossings % 2 == 1


def test_an_outline_of_a_box_with_a_hole_is_exact():
    box = np.zeros((20, 24), bool)
    box[3:17, 4:20] = True
    box[7:12, 8:15] = False
    assert (filled(svg_path(encode_rle(box)), 20, 24) == box).all()


def test_an_outline_of_nothing_is_empty():
    assert svg_path(encode_rle(np.zeros((4, 4), bool))) == ""


@given(arrays(bool, (5, 6), elements=st.booleans()))
def test_an_outline_stays_within_a_pixel_of_its_mask(small):
    mask = np.kron(small, np.ones((4, 4), bool))
    drawn = filled(svg_path(encode_rle(mask)), *mask.shape)
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=0) > 0
    outer = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert (drawn[inner]).all()
    assert not drawn[~outer].any()


# The folder


def test_panels_to_validate_on_are_a_side_of_their_own(tmp_path):
    write_project(tmp_path, test=3, train=2)
    train = json.loads((tmp_path / "data/dataset/train.json").read_text())
    first = {**train, "images": train["images"][:1], "annotations": []}
    (tmp_path / "data/dataset/val.json").write_text(json.dumps(first))
    (tmp_path / "data/dataset/train.json").write_text(json.dumps({**train, "images": train["images"][1:]}))

    told = build_report(tmp_path, tmp_path / "report", PARAMS)
    assert told.endswith("7 panels (1 train, 1 val, 3 test, 2 unlabelled)")
    panels = data_of(tmp_path / "report")["panels"]
    assert [one["side"] for one in panels].count("val") == 1


def test_the_report_holds_every_panel_and_its_masks(project):
    told = build_report(project, project / "report", PARAMS)
    data = data_of(project / "report")

    assert told.endswith("36 panels (4 train, 30 test, 2 unlabelled)")
    assert [one["name"] for one in data["classes"]] == list(CLASSES)
    assert {panel["series"] for panel in data["panels"]} == set(SERIES)
    for number, panel in enumerate(data["panels"]):
        picture = Image.open(project / f"report/panels/{number}.webp")
        assert max(picture.size) == 80
        text = (project / f"report/masks/{number}.js").read_text()
        shapes = json.loads(text[len("TOONSEG.masks(") : -3])
        assert [number, len(panel["labels"]), len(panel["found"])] == [
            shapes[0],
            len(shapes[1]),
            len(shapes[2]),
        ]


def test_verdicts_are_only_given_where_there_are_labels(project):
    build_report(project, project / "report", PARAMS)
    for panel in data_of(project / "report")["panels"]:
        assert all((found[2] >= 0) == (panel["side"] == "test") for found in panel["found"])


def test_the_same_project_gives_the_same_bytes(project):
    for name in ("one", "two"):
        build_report(project, project / name, PARAMS)
    one, two = (
        {
            str(path.relative_to(project / name)): path.read_bytes()
            for path in (project / name).rglob("*")
            if path.is_file()
        }
        for name in ("one", "two")
    )
    assert one == two


def test_a_panel_that_looks_like_a_training_panel_is_told(project):
    build_report(project, project / "report", PARAMS)
    data = data_of(project / "report")

    assert [(data["panels"][its["test"]]["side"], its["bits"]) for its in data["twins"]] == [("test", 0)]
    assert {tuple(row[:2]) for row in data["episodes"]} == {(SERIES[0], "1"), (SERIES[1], "1")}


def test_nothing_in_the_data_can_end_its_script():
    text = script("start", ["</script><!--", "\u2028\u2029", "&"]).decode()

    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text[len("TOONSEG.start(") : -3]) == ["</script><!--", "\u2028\u2029", "&"]


def spoil_size(root):
    found = read_json(root / "data/predictions/test.json")
    found[0]["segmentation"] = encode_rle(np.ones((3, 3), bool))
    write_json(root / "data/predictions/test.json", found)


def spoil_class(root):
    found = read_json(root / "data/predictions/test.json")
    found[0]["category_id"] = 9
    write_json(root / "data/predictions/test.json", found)


def spoil_names(root):
    exported = read_json(root / "data/exports/masks.json")
    exported["categories"][0]["name"] = "cape"
    write_json(root / "data/exports/masks.json", exported)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (
            lambda root: (root / "data/exports/masks.json").unlink(),
            r"masks\.json does not exist: run `dvc repro`",
        ),
        (lambda root: (root / "data/predictions/test.json").write_text("{"), r"test\.json, line 1"),
        (
            lambda root: next((root / "data/panels").rglob("*.png")).unlink(),
            "does not exist: run `dvc repro`",
        ),
        (spoil_size, "its masks are of another cut: run `dvc repro`"),
        (spoil_class, "a mask is of class 9: run `dvc repro`"),
        (
            spoil_names,
            r"data/exports/masks\.json: class 1 is 'cape' there and '\w+' in data/dataset/test\.json",
        ),
    ],
)
def test_what_does_not_fit_is_a_sentence_and_the_last_report_stays(project, spoil, sentence):
    (project / "report").mkdir()
    (project / "report/index.html").write_text("the last one")
    spoil(project)

    with pytest.raises(ToonsegError, match=sentence):
        build_report(project, project / "report", PARAMS)
    assert [path.name for path in (project / "report").iterdir()] == ["index.html"]
    assert list(project.glob(".*.partial")) == []


# Against another commit


def git(root, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
        cwd=root,
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def tracked(drawn, tmp_path_factory):
    """A project whose outputs DVC tracks, committed once; then its predictions became better."""
    root = tmp_path_factory.mktemp("tracked") / "project"
    shutil.copytree(drawn, root)
    git(root, "init", "-q", "-b", "main")
    subprocess.run(["dvc", "init", "-q"], cwd=root, check=True)
    subprocess.run(["dvc", "add", "-q", "data/dataset", "data/predictions"], cwd=root, check=True)
    (root / ".gitignore").write_text("/data/panels\n/data/exports\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Before")
    found = read_json(root / "data/predictions/test.json")
    write_json(root / "data/predictions/test.json", [{**one, "score": 0.9} for one in found])
    metrics = read_json(root / "metrics/evaluate.json")
    metrics["masks"]["AP50"] = 47.5
    write_json(root / "metrics/evaluate.json", metrics)
    return root


@pytest.fixture
def committed(tracked, tmp_path, monkeypatch):
    root = tmp_path / "committed"
    shutil.copytree(tracked, root)
    monkeypatch.chdir(root)
    return root


def test_changes_tell_scores_and_panels_before_and_now(committed):
    build_report(committed, committed / "out", PARAMS, changes_against(committed, "main", 0.5))
    data = data_of(committed / "out")
    changes = data["changes"]

    assert changes["scores"][0] == {"group": "all", "name": "", "before": 40.0, "now": 47.5}
    assert len(changes["panels"]) == 30
    moved = [its for its in changes["panels"] if its["before"] != its["now"]]
    assert moved and all(len(data["panels"][its["panel"]]["found"]) == 6 for its in moved)
    assert changes["note"] == ""


def test_without_the_older_predictions_scores_are_compared_all_the_same(committed):
    shutil.rmtree(committed / ".dvc/cache")
    build_report(committed, committed / "out", PARAMS, changes_against(committed, "HEAD", 0.5))
    changes = data_of(committed / "out")["changes"]

    assert changes["scores"][0]["now"] == 47.5
    assert changes["panels"] is None
    assert "is not in DVC's cache, so panels are not compared" in changes["note"]


def test_an_unknown_revision_is_refused(committed):
    with pytest.raises(ToonsegError, match="Git knows no commit 'nowhere' here"):
        changes_against(committed, "nowhere", 0.5)


@pytest.mark.parametrize(("count", "f1"), [(0, 0.0), (1, 0.5), (6, 4 / 9)])
def test_a_panels_f1_counts_what_is_found_and_what_is_missed(count, f1):
    panel = ShownPanel("a.png", "a", "1", "test", 120, 90, tuple(LABELS), tuple(FOUND[:count]))
    assert panel_f1(panel, 0.0) == pytest.approx(f1, abs=1e-4)


def test_a_panel_of_nothing_is_perfect():
    assert panel_f1(ShownPanel("a.png", "a", "1", "test", 120, 90, (), ()), 0.5) == 1.0


# Commands


def test_the_command_builds_the_report_and_says_where(committed, capsys):
    (committed / "params.yaml").write_text(
        "report:\n  picture_px: 80\n  quality: 75\n  score: 0.5\n  twin_bits: 32\n"
    )
    assert main(["report"]) == 0
    assert main(["report", "--against", "HEAD"]) == 0

    printed = capsys.readouterr().out
    assert "report/index.html: 36 panels" in printed
    assert "report-against/index.html" in printed
    assert (committed / "report/index.html").exists()
    assert main(["report", "--against", "nowhere"]) == 1


def test_serving_needs_a_report_and_a_free_port(tmp_path):
    with pytest.raises(ToonsegError, match="holds no report: run `toonseg report`"):
        serving.serve(tmp_path, 0, open_browser=False)
    (tmp_path / "index.html").write_text("here")
    with (
        serving.server_of(tmp_path, 0) as taken,
        pytest.raises(ToonsegError, match="cannot be used"),
    ):
        serving.serve(tmp_path, taken.server_port, open_browser=False)


def test_a_served_report_is_read_on_this_machine(tmp_path, capsys):
    (tmp_path / "index.html").write_text("here")
    with serving.server_of(tmp_path, 0) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/") as answer:
            assert answer.read() == b"here"
        thread.join()


def test_panels_are_read_in_natural_order_with_predictions_by_falling_score(project):
    _, panels = read_panels(project_reader(project))
    places = [(panel.series, int(panel.episode)) for panel in panels]

    assert places == sorted(places)
    for panel in panels:
        scores = [one["score"] for one in panel.predictions]
        assert scores == sorted(scores, reverse=True)

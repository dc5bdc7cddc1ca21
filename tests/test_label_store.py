"""Labels come in from any file, stay as they were drawn, and are never lost."""

import json
import unicodedata
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from seed import FILES, PER_CLASS, SEED, needs_seed

from toonseg.cli import main
from toonseg.errors import LabelError, ToonsegError
from toonseg.formats.labelfile import read_labels
from toonseg.formats.labelwriter import label_text, write_labels
from toonseg.geometry import segmentation_rle
from toonseg.labelling.importing import import_labels
from toonseg.labelling.project import Project
from toonseg.labels.merge import merge
from toonseg.labels.names import ALIASES, ClassNames, anchored, place_of, region_key, region_keys
from toonseg.labels.regions import Instance, LabelledRegion, Origin, PageUnder, Replaced, SeriesLabels
from toonseg.records import Panel
from toonseg.store import write_table

CLASSES = ["hair", "dress-shirt", "T-shirt", "pants", "skirt", "outer", "tie", "vest"]
SQUARE = (10.25, 10.5, 30.125, 10.5, 30.125, 40.0, 10.25, 40.0)
FLAP = (1.0, 1.0, 9.0, 1.0, 9.0, 9.0)


def region(y0=100, *, id_=0, episode="2", source="", instances=(), exact=True, **more):
    source = source or f"rough/{y0}.png"
    return LabelledRegion(id_, "school", episode, 0, y0, 60, 50, source, instances, exact=exact, **more)


def label(name="hair", *parts, id_=0):
    return Instance(id_, name, parts or (SQUARE,))


@pytest.fixture
def project(tmp_path):
    (tmp_path / "params.yaml").write_text(f"classes: [{', '.join(CLASSES)}]\n")
    return Project(tmp_path)


def coco(*images, path=None, name="theirs.json"):
    """A foreign COCO file: ids from 0, each image with its labels as (class, polygons)."""
    document = {
        "info": {"year": 2021, "url": None},
        "images": [],
        "annotations": [],
        "categories": [{"id": number, "name": name} for number, name in enumerate(CLASSES)],
    }
    for image_id, (file_name, labels) in enumerate(images):
        document["images"].append({"id": image_id, "file_name": file_name, "width": 60, "height": 50})
        for class_name, polygons in labels:
            document["annotations"].append(
                {
                    "id": len(document["annotations"]),
                    "image_id": image_id,
                    "category_id": CLASSES.index(class_name),
                    "segmentation": [list(polygon) for polygon in polygons],
                }
            )
    file = path / name
    file.write_text(json.dumps(document))
    return file


def stored(project, series="school"):
    return project.read(series)


def test_a_label_file_is_read_as_it_was_written(tmp_path):
    pages = (PageUnder("ab" * 32, 0, 900), PageUnder("cd" * 32, 900, 1800))
    old = Instance(2, "tie", (FLAP,), origin=Origin("first.json", "7"))
    placed = region(
        id_=1, instances=(label(id_=1), old), scale=0.69, pages=pages, origin=Origin("a.json", "0")
    )
    adrift = region(1584, id_=2, episode="", exact=False)
    labels = SeriesLabels("school", (placed, adrift), (Replaced(region(id_=1, instances=(old,)), "b.json"),))
    write_labels(tmp_path / "school.json", labels, CLASSES)
    back = read_labels(tmp_path / "school.json", CLASSES)
    assert {found.id: found for found in back.regions} == {1: placed, 2: adrift}
    assert back.history == labels.history


def test_any_coco_reader_opens_a_label_file(tmp_path):
    labels = SeriesLabels("school", (region(id_=1, instances=(label(id_=1), label("tie", FLAP, id_=2))),))
    write_labels(tmp_path / "school.json", labels, CLASSES)
    truth = COCO(str(tmp_path / "school.json"))
    assert [truth.cats[row["category_id"]]["name"] for row in truth.loadAnns([1, 2])] == ["hair", "tie"]
    assert truth.annToMask(truth.anns[1]).sum() == truth.anns[1]["area"]


def test_an_added_region_adds_lines_to_the_file_and_changes_none(project, tmp_path):
    first = coco(("school/2/000300-0000.png", [("hair", [SQUARE])]), path=tmp_path)
    import_labels(project, [first], "school")
    before = project.label_file("school").read_text().splitlines()
    second = coco(("school/2/000100-0000.png", [("tie", [FLAP])]), path=tmp_path, name="b.json")
    import_labels(project, [second], "school")
    after = project.label_file("school").read_text().splitlines()
    lost = Counter(line.rstrip(",") for line in before) - Counter(line.rstrip(",") for line in after)
    assert not lost
    assert len(after) == len(before) + 2


def test_shapes_come_in_as_they_were_drawn_with_their_origin(project, tmp_path):
    file = coco(("train_images/1584.jpg", [("hair", [SQUARE, FLAP])]), path=tmp_path)
    import_labels(project, [file], "school", episode="3")
    (found,) = stored(project).regions
    assert (found.episode, found.y0, found.placed) == ("3", 1584, False)
    assert found.origin == Origin("theirs.json", "0")
    assert found.instances == (Instance(1, "hair", (SQUARE, FLAP), origin=Origin("theirs.json", "0")),)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("school/2/000300-0005.png", ("2", 5, 300, True)),
        ("images/school_2_000300-0005.png", ("2", 5, 300, True)),
        ("school_12b_000300-0005.jpg", ("12b", 5, 300, True)),
        ("images/3f5a2b1c-school_2_000300-0005.png", ("2", 5, 300, True)),
        ("train/school_2_000300-0005_png.rf.0a1b2c3d4e5f.jpg", ("2", 5, 300, True)),
        ("school/2/3-2.png", ("9", 2, 3, False)),
        ("rough\\000300-0005.png", ("9", 5, 300, False)),
        ("night/2/000300-0005.png", ("9", 5, 300, False)),
        ("1584.jpg", ("9", 0, 1584, False)),
    ],
)
def test_a_file_name_tells_a_place(name, place):
    found = place_of(name, "school", "9")
    assert (found.episode, found.x0, found.y0, found.exact) == place


def test_a_region_that_goes_out_at_another_scale_comes_back_at_it(project):
    scaled = region(300, scale=1.5)
    assert region_key(scaled) == "school_2_000300-0000_x1.5"
    bare = replace(scaled, source=f"{region_key(scaled)}.png", scale=1.0, y0=0, exact=False)
    assert anchored(bare, "school", "", rows_are_exact=False).box == scaled.box


def test_names_that_macos_took_apart_are_the_same_names():
    apart = unicodedata.normalize("NFD", "학교_2화_000300-0005.png")
    assert place_of(apart, "학교", "9") == place_of("학교_2화_000300-0005.png", "학교", "9")
    names = ClassNames(("hair", "머리"), {"옷": "hair"})
    assert names.find(unicodedata.normalize("NFD", "머리"), "file") == "머리"
    assert names.find(unicodedata.normalize("NFD", "옷"), "file") == "hair"


def test_another_file_name_tells_none():
    assert place_of("cover.png", "school", "9") is None


def test_rows_in_names_are_exact_when_the_user_says_so(project, tmp_path):
    file = coco(("1584.jpg", []), path=tmp_path)
    import_labels(project, [file], "school", episode="3", exact_rows=True)
    assert stored(project).regions[0].placed


def test_keys_differ_and_are_safe_for_files():
    places = [region(100), region(100, source="x/1584.jpg", exact=False)]
    again = region(1584, source="y/1584.jpg", exact=False)
    assert region_keys([*places, again]) == [
        "school_2_000100-0000",
        "school_2_row-1584",
        "school_2_row-1584_2",
    ]
    assert region_key(region(episode="a/b ü")) == "school_a-b-ü_000100-0000"


def test_an_import_tells_of_what_params_yaml_does_not_declare(project, tmp_path):
    file = coco(("7/000100-0000.png", [("hair", [SQUARE])]), path=tmp_path)
    with (tmp_path / "params.yaml").open("a") as params:
        params.write("series: {school: {site: folder, title: pages, episodes: 1-3}}\n")
    assert import_labels(project, [file], "school", episode="7").endswith(
        "; series.school in params.yaml lacks episode 7: declare it, or correct the labels"
    )
    assert import_labels(project, [file], "scool").endswith(
        "; params.yaml declares no series 'scool' (it has school): add it there"
    )


def test_importing_a_file_again_changes_nothing(project, tmp_path):
    file = coco(("school/2/000300-0000.png", [("hair", [SQUARE])]), ("9.jpg", []), path=tmp_path)
    import_labels(project, [file], "school")
    before = project.label_file("school").read_bytes()
    told = import_labels(project, [file], "school")
    assert "0 added, 0 changed, 2 as they were" in told
    assert project.label_file("school").read_bytes() == before


def test_a_corrected_file_replaces_what_it_corrects_and_the_rest_is_history(project, tmp_path):
    first = coco(
        ("school/2/000300-0000.png", [("hair", [SQUARE]), ("tie", [FLAP]), ("vest", [FLAP])]), path=tmp_path
    )
    import_labels(project, [first], "school")
    corrected = coco(
        ("images/school_2_000300-0000.png", [("hair", [SQUARE]), ("vest", [SQUARE])]),
        path=tmp_path,
        name="corrected.json",
    )
    told = import_labels(project, [corrected], "school")
    assert "0 added, 1 changed, 0 as they were" in told
    labels = stored(project)
    assert [(of.id, of.name, of.origin.file) for of in labels.regions[0].instances] == [
        (1, "hair", "theirs.json"),
        (4, "vest", "corrected.json"),
    ]
    (old,) = labels.history
    assert [of.name for of in old.region.instances] == ["tie", "vest"]
    assert old.by == "corrected.json"
    import_labels(project, [first], "school")
    assert len(stored(project).history) == 2


def test_a_place_that_became_known_is_taken_over():
    old = SeriesLabels(
        "school", (region(1584, id_=1, exact=False, source="1584.jpg", origin=Origin("a.json", "0")),)
    )
    exact = region(1579, source="1584.jpg", origin=Origin("a.json", "0"))
    merged = merge(old, [exact])
    assert [(of.id, of.y0, of.placed) for of in merged.labels.regions] == [(1, 1579, True)]


@pytest.mark.parametrize("exact", [False, True])
def test_files_of_one_name_and_id_tell_nothing_across_episodes(exact):
    one = region(0, episode="1", source="001.jpg", origin=Origin("default.json", "1"), exact=exact)
    merged = merge(SeriesLabels("school", (replace(one, id=1),)), [replace(one, episode="2")])
    assert [of.episode for of in merged.labels.regions] == ["1", "2"]
    again = merge(merged.labels, [replace(one, episode=episode) for episode in ("1", "2")])
    assert (again.unchanged, again.labels) == (2, merged.labels)


def test_two_folders_of_one_export_come_in_again_as_they_are(project, tmp_path):
    files = []
    for side in ("train", "valid"):
        (tmp_path / side).mkdir()
        images = [(f"{side}{number}.jpg", [("hair", [SQUARE])]) for number in range(3)]
        files.append(coco(*images, path=tmp_path / side, name="_annotations.coco.json"))
    import_labels(project, files, "school")
    before = project.label_file("school").read_bytes()
    assert "0 added, 0 changed, 6 as they were" in import_labels(project, files, "school")
    assert project.label_file("school").read_bytes() == before


def test_what_a_file_replaces_and_what_it_ignores_is_told(project, tmp_path):
    for name, rows in (("a.json", 300), ("b.json", 310)):
        file = coco((f"school_2_{rows:06d}-0000.png", [("hair", [SQUARE])]), path=tmp_path, name=name)
        document = json.loads(file.read_text())
        document["annotations"][0]["iscrowd"] = 1
        file.write_text(json.dumps(document))
        told = import_labels(project, [file], "school", replace_others=True)
        assert "1 are ignored, as iscrowd is 1 (CVAT writes so of all that was painted: " in told
    assert "1 earlier regions with 1 instances went to the history" in told
    assert "ignored" not in import_labels(project, [file], "school", keep_crowds=True)
    assert not stored(project).regions[0].instances[0].ignored


@pytest.mark.parametrize("times", [0.5, 1, 2])
def test_a_panel_that_was_labelled_at_another_size_gets_its_scale(project, tmp_path, times):
    size = int(60 / times), int(50 / times)
    row = Panel("school", "2", 5, 300, 5 + 60, 300 + 50, "panel", "school/2/000300-0005.png")
    write_table(project.panels / "school/panels.csv", [row], Panel)
    file = coco((row.path, [("hair", [FLAP])]), path=tmp_path)
    document = json.loads(file.read_text())
    document["images"][0] |= {"width": size[0], "height": size[1]}
    file.write_text(json.dumps(document))
    import_labels(project, [file], "school")
    (found,) = stored(project).regions
    assert (found.scale, found.box) == (times, (5, 300, 65, 350))


def test_a_picture_of_other_proportions_that_begins_where_a_panel_does_keeps_its_size(project, tmp_path):
    row = Panel("school", "2", 0, 300, 60, 400, "panel", "school/2/000300-0000.png")
    write_table(project.panels / "school/panels.csv", [row], Panel)
    import_labels(project, [coco(("school_2_000300-0000.png", []), path=tmp_path)], "school")
    assert stored(project).regions[0].box == (0, 300, 60, 350)


def test_two_files_that_label_the_same_rows_are_refused_unless_one_is_to_replace_the_other():
    old = SeriesLabels(
        "school", (region(100, id_=1, instances=(label(id_=1),), origin=Origin("a.json", "0")),)
    )
    other = region(110, source="x.png", instances=(label("tie"),), origin=Origin("b.json", "5"))
    sentence = r"b.json, image 5 \(x.png\) and the region 1 of school .* label the same part of episode 2"
    with pytest.raises(LabelError, match=sentence):
        merge(old, [other])
    merged = merge(old, [other], replace_others=True)
    assert [(of.y0, of.instances[0].name) for of in merged.labels.regions] == [(110, "tie")]
    assert merged.labels.history[0].region.instances == (label(id_=1),)
    assert merged.labels.history[0].by == "b.json"


def test_two_regions_of_one_import_may_not_label_the_same_rows():
    regions = [region(100, origin=Origin("a.json", "0")), region(110, origin=Origin("a.json", "1"))]
    with pytest.raises(LabelError, match="label the same part of episode 2"):
        merge(SeriesLabels("school"), regions, replace_others=True)
    twice = [region(100, origin=Origin(file, "0")) for file in ("a.json", "b.json")]
    with pytest.raises(LabelError, match="label the same part"):
        merge(SeriesLabels("school"), twice)
    with pytest.raises(LabelError, match="stand for the same region of school: import one"):
        merge(SeriesLabels("school", (region(100, id_=1),)), twice)


@pytest.mark.parametrize("episode", ["2", ""])
def test_two_files_with_the_same_unplaced_picture_are_refused_unless_one_is_to_replace_the_other(episode):
    old = region(1584, id_=1, episode=episode, exact=False, source="a/1584.jpg", origin=Origin("a.json", "0"))
    new = replace(old, id=0, source="b/1584.jpg", origin=Origin("b.json", "7"))
    with pytest.raises(LabelError, match=r"b.json, image 7 .* label the same"):
        merge(SeriesLabels("school", (old,)), [new])
    merged = merge(SeriesLabels("school", (old,)), [new], replace_others=True)
    assert [of.source for of in merged.labels.regions] == ["b/1584.jpg"]
    apart = replace(new, episode="9")
    assert merge(SeriesLabels("school", (old,)), [apart]).added == 1


def test_a_region_of_another_size_is_refused():
    old = SeriesLabels("school", (region(100, id_=1),))
    other = LabelledRegion(0, "school", "2", 0, 0, 61, 50, "school_2_000100-0000.png", (), exact=False)
    with pytest.raises(LabelError, match=r"is 61 x 50 px, but the region 1 of school .* is 60 x 50"):
        merge(old, [other])


def test_one_colliding_stem_stays_two_regions(project, tmp_path):
    for number, name in enumerate(("a.json", "b.json")):
        file = coco(("images/1584.jpg", [("hair", [SQUARE])]), path=tmp_path, name=name)
        import_labels(project, [file], "school", episode=str(number))
    assert [of.episode for of in stored(project).regions] == ["0", "1"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"images": [', r"theirs.json, line 1, column \d+: not valid JSON"),
        ('{"images": {}, "annotations": [], "categories": []}', "images must be a list, got {}"),
        ('[{"id": 1}]', "task 1: data is missing"),
    ],
)
def test_a_bad_import_leaves_the_store_as_it_was(project, tmp_path, content, sentence):
    good = coco(("school/2/000300-0000.png", [("hair", [SQUARE])]), path=tmp_path, name="good.json")
    import_labels(project, [good], "school")
    before = project.label_file("school").read_bytes()
    bad = tmp_path / "theirs.json"
    bad.write_text(content)
    with pytest.raises(ToonsegError, match=sentence):
        import_labels(project, [good, bad], "school")
    assert project.label_file("school").read_bytes() == before


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "school.json"
    write_labels(path, SeriesLabels("school", (region(id_=1, instances=(label(id_=1),)),)), CLASSES)
    before = path.read_bytes()
    unknown = SeriesLabels("school", (region(id_=1, instances=(label("beard", id_=1),)),))
    with pytest.raises(KeyError):
        write_labels(path, unknown, CLASSES)
    assert path.read_bytes() == before
    assert [left.name for left in tmp_path.iterdir()] == ["school.json"]


def test_the_command_imports_and_exports(project, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(project.root)
    file = coco(("1584.jpg", [("hair", [SQUARE])]), path=tmp_path)
    (tmp_path / "list.txt").write_text("today: 3/4\n../x/201/1584.json\n")
    assert main(["labels", "import", str(file), "--series", "school", "--list", "list.txt"]) == 0
    assert "1 regions with 1 instances read; 1 added" in capsys.readouterr().out
    assert stored(project).regions[0].episode == "201"
    assert main(["labels", "export", "--series", "school", "--format", "coco", "--out", "out"]) == 0
    assert capsys.readouterr().out == "out: 1 regions, 1 instances as coco; 1 without a picture\n"
    assert main(["labels", "export", "--series", "school", "--format", "coco", "--out", "out"]) == 1
    assert "error: out: is no empty folder: name a new one" in capsys.readouterr().err
    assert main(["labels", "export", "--series", "night", "--format", "coco", "--out", "o"]) == 1
    assert "night.json does not exist: the series with labels are school" in capsys.readouterr().err
    arguments = ["labels", "import", str(file), "--series", "school"]
    assert main([*arguments, "--list", "list.txt", "--list", "list.txt"]) == 1
    assert "1 files with 2 lists" in capsys.readouterr().err
    assert main(["labels", "import", "none.json", "--series", "school", "--format", "coco"]) == 1
    assert "error: none.json does not exist: correct its name" in capsys.readouterr().err
    assert main(["labels", "import", str(file), "--series", "../school"]) == 1
    assert "error: '../school' cannot name a series: begin with a letter" in capsys.readouterr().err
    assert main([*arguments, "--alias", "shirt=hoodie"]) == 1
    assert "the alias shirt=hoodie names no class" in capsys.readouterr().err


def test_an_exported_region_comes_back_to_its_own_anchor(project, tmp_path, monkeypatch):
    monkeypatch.chdir(project.root)
    file = coco(("1584.jpg", [("hair", [SQUARE])]), ("school/2/000300-0000.png", []), path=tmp_path)
    import_labels(project, [file], "school", episode="3")
    before = project.label_file("school").read_bytes()
    for name, path in (("cvat", "annotations.xml"), ("labelme", "labelme"), ("coco", "instances.json")):
        assert main(["labels", "export", "--series", "school", "--format", name, "--out", name]) == 0
        assert main(["labels", "import", f"{name}/{path}", "--series", "school"]) == 0
        assert project.label_file("school").read_bytes() == before


def test_class_names_are_found_by_alias_and_whatever_their_case_and_dashes():
    names = ClassNames(tuple(CLASSES), {**ALIASES, "hoody": "outer"})
    found = [names.find(name, "") for name in ("shirt", "t_shirt", "Dress Shirt", "hoody", "tie")]
    assert found == ["dress-shirt", "T-shirt", "dress-shirt", "outer", "tie"]
    with pytest.raises(LabelError, match=r"here: unknown class 'hiar': did you mean 'hair'\?"):
        names.find("hiar", "here")


def test_the_label_files_of_the_demo_are_written_as_this_code_writes_them():
    paths = sorted((Path(__file__).parent.parent / "data/labels").glob("*.json"))
    assert paths
    for path in paths:
        assert label_text(json.loads(path.read_text())) == path.read_text()


@needs_seed
def test_the_files_of_2021_come_in_whole(project):
    series_of = {name: name.split("_", 1)[1].removesuffix("_annotations.json") for name in FILES}
    for name, (list_name, images, instances) in FILES.items():
        told = import_labels(project, [SEED / name], series_of[name], lists=[SEED / list_name])
        assert f"{images} regions with {instances} instances read; {images} added" in told
    labels = [stored(project, series) for series in sorted(set(series_of.values()))]
    regions = [of for its in labels for of in its.regions]
    instances = [of for its in regions for of in its.instances]
    polygons = [polygon for of in instances for polygon in of.segmentation]
    assert (len(regions), {of.width for of in regions}) == (301, {690})
    assert (len(instances), len(polygons), sum(len(p) // 2 for p in polygons)) == (2103, 2926, 59_102)
    assert Counter(of.name for of in instances) == PER_CLASS
    assert sum(len(of.segmentation) > 1 for of in instances) == 545
    assert sum(not of.episode for of in regions) == 30
    assert [of.episode for of in regions if of.y0 == 1584] == ["201", "3"]
    drawn = {
        (name, str(row["id"])): tuple(map(tuple, row["segmentation"]))
        for name in FILES
        for row in json.loads((SEED / name).read_text())["annotations"]
    }
    assert {(of.origin.file, of.origin.id): of.segmentation for of in instances} == drawn
    before = {its.series: project.label_file(its.series).read_bytes() for its in labels}
    for name, (list_name, images, _) in FILES.items():
        told = import_labels(project, [SEED / name], series_of[name], lists=[SEED / list_name])
        assert f"0 added, 0 changed, {images} as they were" in told
    assert {its.series: project.label_file(its.series).read_bytes() for its in labels} == before


@needs_seed
@pytest.mark.parametrize("name", FILES)
def test_a_perfect_detector_scores_every_point_on_each_file_of_2021(project, name):
    import_labels(project, [SEED / name], "theirs")
    truth = COCO(str(project.label_file("theirs")))
    results = [
        {
            "image_id": of.id,
            "category_id": CLASSES.index(its.name) + 1,
            "segmentation": segmentation_rle(its.segmentation, of.height, of.width),
            "score": 0.9,
        }
        for of in stored(project, "theirs").regions
        for its in of.instances
    ]
    evaluation = COCOeval(truth, truth.loadRes(results), "segm")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[0] == 1.0

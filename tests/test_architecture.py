"""The house holds: dvc.yaml names what each stage can reach, and imports go one way."""

import ast
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
STAGES = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text())["stages"]
CORE = ("errors", "records", "geometry", "strip", "cuts", "labels", "splits", "metrics")
# Heavy packages and the only rooms that may import them.
ROOMS = {
    "torch": "toonseg/engines/",
    "torchvision": "toonseg/engines/",
    "selenium": "toonseg/crawl/browser.py",
}


def source_files():
    return sorted(path for folder in ("toonseg", "stages") for path in (ROOT / folder).rglob("*.py"))


@cache
def imports(path):
    """The dotted names that a file imports, those inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return frozenset(names)


def files_of(name):
    """The project's files that importing the dotted ``name`` runs."""
    parts = name.split(".")
    packages = [ROOT.joinpath(*parts[: end + 1], "__init__.py") for end in range(len(parts))]
    return {path for path in [*packages, ROOT.joinpath(*parts).with_suffix(".py")] if path.exists()}


def reachable(path):
    """The files that running ``path`` can import, itself included."""
    found, ahead = set(), {path}
    while ahead:
        current = ahead.pop()
        found.add(current)
        ahead |= {file for name in imports(current) for file in files_of(name)} - found
    return found


def declared(deps):
    """The Python files that a stage's code dependencies cover."""
    paths = [ROOT / dep for dep in deps if dep.startswith(("toonseg", "stages"))]
    assert [path for path in paths if not path.exists()] == []
    files = {file for path in paths for file in ([path] if path.is_file() else path.rglob("*.py"))}
    return {file for file in files if file.suffix == ".py"}


def relative(paths):
    return sorted(str(path.relative_to(ROOT)) for path in paths)


def test_the_pipeline_is_the_eight_stages_in_order():
    assert list(STAGES) == [
        "crawl",
        "link",
        "cut_rough",
        "cut",
        "split",
        "train",
        "evaluate",
        "export",
    ]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_code_that_it_can_reach_and_on_no_other(stage):
    script = ROOT / "stages" / f"{stage}.py"
    reached = reachable(script) | reachable(ROOT / "stages" / "__init__.py")
    assert relative(declared(STAGES[stage]["deps"])) == relative(reached)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_lists_the_sections_of_params_that_its_script_loads(stage):
    tree = ast.parse((ROOT / "stages" / f"{stage}.py").read_text(encoding="utf-8"))
    calls = [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "load_params"
        and isinstance(node.args[0], ast.Constant)
    ]
    listed = {str(name).split(".")[0] for name in STAGES[stage].get("params", [])}
    assert set(calls) == listed - {"series", "classes"}


def test_the_library_never_imports_the_stages():
    guilty = [
        path
        for path in source_files()
        if path.is_relative_to(ROOT / "toonseg")
        and any(name.split(".")[0] == "stages" for name in imports(path))
    ]
    assert relative(guilty) == []


def test_heavy_packages_stay_in_their_rooms():
    guilty = [
        (str(path.relative_to(ROOT)), name)
        for path in source_files()
        for name in imports(path)
        for heavy, room in ROOMS.items()
        if name.split(".")[0] == heavy and not str(path.relative_to(ROOT)).startswith(room)
    ]
    assert guilty == []


def test_the_core_reaches_no_edge():
    library = ROOT / "toonseg"
    core = {
        path
        for path in source_files()
        if path.is_relative_to(library) and path.relative_to(library).parts[0].removesuffix(".py") in CORE
    }
    allowed = core | {library / "__init__.py"}
    strays = {str(path.relative_to(ROOT)): relative(reachable(path) - allowed) for path in core}
    assert {path: stray for path, stray in strays.items() if stray} == {}


@pytest.mark.parametrize("stage", ["link", "cut_rough", "cut", "split"])
def test_light_stages_never_reach_torch_or_the_browser(stage):
    heavy = {
        name.split(".")[0] for path in reachable(ROOT / "stages" / f"{stage}.py") for name in imports(path)
    }
    assert heavy.isdisjoint({"torch", "torchvision", "selenium", "dvclive"})

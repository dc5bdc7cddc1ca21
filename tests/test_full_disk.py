"""A disk that is full ends an export or a report with a sentence; the last one stays as it was."""

import pytest
from drawn_export import everything, export, label, panel_of
from drawn_report import write_project

from toonseg.console import guarded
from toonseg.export.layouts import LAYOUTS
from toonseg.report.build import ReportParams, build_report

FULL = "error: no space left on the disk: free some and run it again\n"


@pytest.fixture
def last_one(tmp_path, small_disk):
    """A folder on a disk that is nearly full, with a file of an earlier run."""
    small_disk(tmp_path / "disk", free_kb=12)
    out = tmp_path / "disk/out"
    out.mkdir()
    (out / "earlier.txt").write_text("whole")
    return out


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_export_on_a_full_disk_leaves_the_last_one(last_one, layout, capsys):
    wide = "#" * 40 + "." * 40
    panels = [panel_of(number, [label(f"{wide} {wide}")], []) for number in range(200)]

    assert guarded(lambda: bool(export(last_one, panels, [layout]))) == 1
    assert capsys.readouterr().err == FULL
    assert everything(last_one.parent).keys() == {"filler", "out/earlier.txt"}


def test_a_report_on_a_full_disk_leaves_the_last_one(tmp_path, last_one, capsys):
    write_project(tmp_path)

    assert guarded(lambda: bool(build_report(tmp_path, last_one, ReportParams(160, 75, 0.5, 32)))) == 1
    assert capsys.readouterr().err == FULL
    assert everything(last_one.parent).keys() == {"filler", "out/earlier.txt"}

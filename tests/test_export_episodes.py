"""An export is drawn episode by episode: one process, two and a cluster write the same bytes."""

from contextlib import closing
from dataclasses import replace

import pytest
from dask_cluster import Cluster
from drawn_export import TIE, everything, export, label, panel_of, result

from toonseg.console import guarded
from toonseg.errors import ImageError
from toonseg.export.layouts import LAYOUTS
from toonseg.parallel import ENGINE


def episodes():
    """Panels of two series, whose stems would be the same, with and without masks."""
    return [
        panel_of(
            number,
            [label("##.. ##.. ....")] if number % 3 else [],
            [result("...# ...# ..##", 0.75 if number % 2 else 0.1, TIE)],
            series=series,
            episode=episode,
            side=side,
        )
        for series, episode, side in (("a_b", "c", "train"), ("a_b", "d", "test"), ("a", "b_c", "unlabelled"))
        for number in range(4)
    ]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """What one process writes."""
    out = tmp_path_factory.mktemp("alone") / "out"
    export(out, episodes(), list(LAYOUTS))
    return everything(out)


def test_two_processes_write_the_same_bytes_as_one(alone, tmp_path):
    export(tmp_path / "out", episodes(), list(LAYOUTS), processes=2)

    assert everything(tmp_path / "out") == alone
    assert len(alone) > 100
    assert any("a_b_c_000100-0000-2" in name for name in alone)


def test_a_cluster_gives_the_same_bytes_as_one_process(alone, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with closing(Cluster(tmp_path / "elsewhere", 2)) as cluster:
        monkeypatch.setenv(ENGINE, cluster.address)
        export(tmp_path / "out", episodes(), list(LAYOUTS))

    assert everything(tmp_path / "out") == alone
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_one_process_keeps_no_decoded_mask(tmp_path):
    panels = episodes()
    export(tmp_path / "out", panels, list(LAYOUTS))

    assert not any("cut" in vars(instance) for panel in panels for instance in panel.instances)


def test_a_panel_that_is_damaged_is_named_by_its_worker_and_the_last_export_stays(tmp_path):
    *others, last = episodes()
    export(tmp_path / "out", [*others, last], list(LAYOUTS))
    before = everything(tmp_path)
    with pytest.raises(ImageError, match=r"a/b_c/000300-0000\.png"):
        export(tmp_path / "out", [*others, replace(last, data=b"\x89PNG")], list(LAYOUTS), processes=2)

    assert everything(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_disk_that_two_processes_fill_is_a_sentence_and_the_last_export_stays(tmp_path, small_disk, capsys):
    small_disk(tmp_path / "disk", free_kb=12)
    wide = "#" * 40 + "." * 40
    panels = [
        panel_of(number, [label(f"{wide} {wide}")], [], episode=episode)
        for episode in "123"
        for number in range(70)
    ]

    assert guarded(lambda: bool(export(tmp_path / "disk/out", panels, ["paired"], processes=2))) == 1
    assert "error: no space left on the disk" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "disk").iterdir()] == ["filler"]

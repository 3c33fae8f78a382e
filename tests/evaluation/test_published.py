import json

import pytest

from hyperface.assets import asset
from hyperface.errors import AssetError
from hyperface.evaluation import published_results


def test_the_published_tables():
    results = published_results()
    assert results.benchmarks == ("LFW", "CPLFW", "CALFW", "CFP-FP", "AgeDB-30")
    sets = {row.name: row for row in results.training_sets}
    assert len(sets) == 14
    # Table 2 of the HyperFace model card
    assert sets["HyperFace"].accuracy == (98.50, 84.23, 89.40, 88.83, 86.53)
    assert sets["CASIA-WebFace (real)"].identities == 10_572
    models = {row.hub_repo: row for row in results.released_models}
    assert models["Idiap/HyperFace-50k-StyleGAN"].images == 3_200_000
    assert models["Idiap/HyperFace-10k-LDM"].gallery == "LDM"
    later = {row.name: row for row in results.later_work}
    assert all(set(row.sources) <= set(results.sources) and row.sources for row in later.values())
    newest = later["VFace10K (Vec2Face+)"]  # arXiv 2507.17192
    assert newest.accuracy == (99.35, 88.03, 94.17, 93.56, 94.33)
    assert newest.mean == pytest.approx(93.89, abs=0.005)
    told = later["CemiFace (CosFace recipe)"]
    assert (told.accuracy, told.mean) == ((), 93.26)
    # an average that was told beside all five is theirs
    for row in later.values():
        if row.accuracy and row.average is not None:
            assert sum(row.accuracy) / 5 == pytest.approx(row.average, abs=0.02)
    assert "HyperFace" in results.source


def test_a_damaged_file_is_named(tmp_path, monkeypatch):
    whole = json.loads(asset("published_results.json").read_text())
    monkeypatch.setenv("HYPERFACE_ASSETS", str(tmp_path))
    with pytest.raises(AssetError, match="missing"):
        published_results()
    short_row = {**whole, "training_sets": [{"name": "x", "accuracy": [1.0]}]}
    nothing_told = {**whole, "training_sets": [{"name": "x"}]}
    unknown_key = {**whole, "training_sets": [{"name": "x", "accuracy": [1.0] * 5, "colour": 1}]}
    for content in (
        "{",
        "[]",
        json.dumps({"benchmarks": []}),
        json.dumps(short_row),
        json.dumps(nothing_told),
        json.dumps(unknown_key),
    ):
        (tmp_path / "published_results.json").write_text(content)
        with pytest.raises(AssetError, match="damaged"):
            published_results()

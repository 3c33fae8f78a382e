"""What is told of a finished dataset, without a browser."""

import pytest

from hyperface import runs
from hyperface.serving.limits import Limits
from hyperface.ui.identities.dataset_panel import outcome_of
from hyperface.ui.parts.context import AppContext


@pytest.mark.parametrize(
    ("also", "folders"), [([], []), (["webdataset", "parquet"], ["webdataset", "parquet"]), ("parquet", ["parquet"])]
)
def test_every_folder_that_was_written_is_named(tmp_path, also, folders):
    run = runs.create("generate", {}, title="A", path=tmp_path / "run")
    context = AppContext(runs_folder=tmp_path)
    assert outcome_of(context, run) == ""
    with runs.Worker(run).working() as worker:
        worker.write_results({"images": 6, "identities": 3, **({"also": also} if also else {})})
    told = outcome_of(context, run)
    assert "6 images of 3 people" in told
    assert told.count("and again in") == len(folders)
    assert all(str(run.path / name) in told for name in folders)
    strange = outcome_of(AppContext(runs_folder=tmp_path, limits=Limits(shared=True)), run)
    assert str(tmp_path) not in strange  # where a server has its folders, strangers are not told
    assert "run/dataset" in strange

"""What is told of a finished dataset, without a browser."""

import pytest

from hyperface import runs
from hyperface.ui.identities.dataset_panel import outcome_of


@pytest.mark.parametrize(
    ("also", "folders"), [([], []), (["webdataset", "parquet"], ["webdataset", "parquet"]), ("parquet", ["parquet"])]
)
def test_every_folder_that_was_written_is_named(tmp_path, also, folders):
    run = runs.create("generate", {}, title="A", path=tmp_path / "run")
    assert outcome_of(run) == ""
    with runs.Worker(run).working() as worker:
        worker.write_results({"images": 6, "identities": 3, **({"also": also} if also else {})})
    told = outcome_of(run)
    assert "6 images of 3 people" in told
    assert told.count("and again in") == len(folders)
    assert all(str(run.path / name) in told for name in folders)

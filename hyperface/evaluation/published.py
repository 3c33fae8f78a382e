"""The accuracies that papers report, to be read beside one's own. Kept in assets/published_results.json."""

import json
from dataclasses import dataclass
from typing import Any

from hyperface.assets import RESTORE, asset
from hyperface.errors import AssetError

RESULTS_FILE = "published_results.json"


@dataclass(frozen=True)
class PublishedRow:
    """A training set, or a model trained on it. accuracy: percent, in the order of PublishedResults.benchmarks; empty
    where only their `average` was told. identities and images: size of the training set, None where the source does not
    say. sources: keys of PublishedResults.sources, none where the whole table has one."""

    name: str
    accuracy: tuple[float, ...]
    identities: int | None = None
    images: int | None = None
    gallery: str | None = None  # generator of the gallery it was packed against
    hub_repo: str | None = None  # of the released model, on the Hugging Face Hub
    year: int | None = None
    average: float | None = None
    sources: tuple[str, ...] = ()

    @property
    def mean(self) -> float:
        """Over the benchmarks, percent: as told, or of what was."""
        return self.average if self.average is not None else sum(self.accuracy) / len(self.accuracy)


@dataclass(frozen=True)
class PublishedSource:
    """Where rows were read, and what they were trained with: rows of two recipes cannot be ranked."""

    title: str
    recipe: str


@dataclass(frozen=True)
class PublishedResults:
    """10-fold verification accuracy on photographs. source: where all but the later work is from. sources: where that
    is from, by the keys that its rows name."""

    benchmarks: tuple[str, ...]
    training_sets: tuple[PublishedRow, ...]
    released_models: tuple[PublishedRow, ...]
    source: str
    later_work: tuple[PublishedRow, ...]
    sources: dict[str, PublishedSource]


def published_results() -> PublishedResults:
    """Read the published tables; AssetError if the file is missing or damaged."""
    path = asset(RESULTS_FILE)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        benchmarks = tuple(content["benchmarks"])
        return PublishedResults(
            benchmarks=benchmarks,
            training_sets=_rows(content["training_sets"], len(benchmarks)),
            released_models=_rows(content["released_models"], len(benchmarks)),
            source=content["source"],
            later_work=_rows(content["later_work"]["rows"], len(benchmarks)),
            sources={key: PublishedSource(**told) for key, told in content["later_work"]["sources"].items()},
        )
    except (ValueError, KeyError, TypeError) as error:
        raise AssetError(f"{path} is damaged ({error}); {RESTORE}.") from error


def _rows(rows: list[dict[str, Any]], columns: int) -> tuple[PublishedRow, ...]:
    made = tuple(
        PublishedRow(
            **{
                **row,
                "accuracy": tuple(map(float, row.get("accuracy", ()))),
                "sources": tuple(row.get("sources", ())),
            }
        )
        for row in rows
    )
    if any(len(row.accuracy) != columns and (row.accuracy or row.average is None) for row in made):
        raise ValueError(f"a row has not {columns} accuracies")
    return made

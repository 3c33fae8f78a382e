"""What the Evaluate tab's buttons save: all results of the chosen models."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hyperface.errors import InputError
from hyperface.ui.evaluate.benchmarks import benchmark_choices
from hyperface.ui.evaluate.evaluations import evaluations
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.downloads import Download

if TYPE_CHECKING:
    from hyperface.evaluation.report import Measured


def result_files(context: AppContext) -> list[Download]:
    """The files: a report, CSV and JSON."""

    def measured(models: Sequence[str]) -> list[Measured]:
        from hyperface.evaluation.report import Measured

        titles = {name: title for title, name in benchmark_choices()}
        found = [
            Measured(item.label, titles.get(name, name), item.result, item.figures)
            for (_, name), item in evaluations(context, models or []).items()
        ]
        if not found:
            raise InputError("There is nothing to save yet: evaluate a model first.")
        return found

    def table(models: Sequence[str]) -> bytes:
        from hyperface.evaluation.report import csv_table

        return csv_table(measured(models)).encode()

    def numbers(models: Sequence[str]) -> bytes:
        entries = [
            {"model": item.model, "benchmark": item.result.benchmark, **item.figures.as_json()}
            for item in measured(models)
        ]
        return json.dumps({"evaluations": entries}, indent=1).encode()

    def page(models: Sequence[str]) -> bytes:
        from hyperface.evaluation.report import html_report

        return html_report(measured(models), title="Verification").encode()

    return [
        Download("Report with figures", "hyperface-evaluation.html", "text/html", page),
        Download("CSV", "hyperface-evaluation.csv", "text/csv", table),
        Download("JSON", "hyperface-evaluation.json", "application/json", numbers),
    ]

"""Benchmarks rendered by the product's own heads, of any size from a seed."""

from hyperface.evaluation.rendered.conditions import CONDITIONS, Conditions
from hyperface.evaluation.rendered.drawing import (
    DrawingStep,
    describe,
    estimate_size,
    measure_speed,
    render_benchmarks,
    rendered_path,
)
from hyperface.evaluation.rendered.plan import (
    SHIPPED_PAIRS,
    SHIPPED_SEED,
    Pair,
    People,
    Shot,
    check_pairs,
    people_of,
    plan_pairs,
)

__all__ = [
    "CONDITIONS",
    "SHIPPED_PAIRS",
    "SHIPPED_SEED",
    "Conditions",
    "DrawingStep",
    "Pair",
    "People",
    "Shot",
    "check_pairs",
    "describe",
    "estimate_size",
    "measure_speed",
    "people_of",
    "plan_pairs",
    "render_benchmarks",
    "rendered_path",
]

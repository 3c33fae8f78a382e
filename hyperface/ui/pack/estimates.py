"""How long a packing will take, told before it starts."""

from __future__ import annotations

from hyperface.runs import Run
from hyperface.ui.parts.choices import CPU
from hyperface.ui.parts.context import AppContext
from hyperface.words import duration

# Of a packing on two cores: pairs of identities looked at in a second, and what a step and a run take besides.
TYPICAL_PAIRS, STEP_SECONDS, RUN_SECONDS = 2e8, 0.005, 4.0
GPU_PAIRS = 1e10  # the same of a GPU (docs/explanation/gpu.md)


def packing_estimate(context: AppContext, identities: float, steps: float, device: str = CPU) -> str:
    """One line of HTML: the expected time of so many steps."""
    packings = (run for run in context.runs("pack") if not context.is_demo(run))
    own = (run for run in packings if run.options.get("device", CPU) == device)
    pairs = next(filter(None, map(_pairs_a_second, own)), TYPICAL_PAIRS if device == CPU else GPU_PAIRS)
    seconds = RUN_SECONDS + steps * (STEP_SECONDS + identities**2 / pairs)
    return f"<p class='hf-note'>{int(steps):,} steps: about {duration(seconds)}.</p>"


def _pairs_a_second(run: Run) -> float | None:
    """As a packing has shown it; None of one that was too small to show it."""
    seconds = run.results().get("seconds_a_step")
    if seconds is None or seconds < 4 * STEP_SECONDS:
        return None
    return float(run.options["identities"] ** 2 / (seconds - STEP_SECONDS))

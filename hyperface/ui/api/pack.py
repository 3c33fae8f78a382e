"""/pack: identities moved apart on the sphere."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, TypedDict

from hyperface.defaults import GALLERY, PAIRS
from hyperface.errors import HyperFaceError
from hyperface.jobs.pack import OBJECTIVES, PackOptions
from hyperface.runs import DONE, Run, RunStatus
from hyperface.ui.api import asked
from hyperface.ui.api.answering import answering, without
from hyperface.ui.api.following import followed
from hyperface.ui.pack.faces import looked_alike
from hyperface.ui.pack.tab import MOST_IDENTITIES, start_packing
from hyperface.ui.parts.context import AppContext

DEFAULT = PackOptions()
MOST_SPAN, MOST_ALPHA, MOST_STEPS = 512, 2.0, 1000


class PackFigures(TypedDict):
    """Angles in degrees, look-alikes as shares of the identities; None where they cannot be told."""

    identities: int
    dimension: int
    min_angle_before: float
    min_angle_after: float
    bound_angle: float
    look_alikes_before: float | None
    look_alikes_after: float | None
    look_alike_angle: float | None


class Packing(TypedDict):
    """How far a packing is. figures: what it came to; None before its end."""

    run: str
    state: str
    progress: float
    seconds_left: float | None
    message: str
    step: int | None
    min_angle: float | None
    figures: PackFigures | None


def pack_endpoint(context: AppContext) -> Callable[..., Iterator[Packing]]:
    """The function behind /pack."""

    @answering(context)
    def pack(
        identities: int = 500,
        alpha: float = DEFAULT.alpha,
        span: int = PAIRS[0].span,
        steps: int = DEFAULT.steps,
        objective: Literal["soft", "paper", "stochastic", "nearest"] = "soft",
        gallery: str = GALLERY,
        seed: int = 0,
        device: Literal["cpu", "cuda"] = "cpu",
        wait: bool = True,
    ) -> Iterator[Packing]:
        """Make synthetic people: start from random faces and push their embeddings apart on the unit sphere.

        Starts a run, which goes on whoever listens, and tells how far it is until it has ended. Then draw people of it
        with /draw, list them with /identities, or look for somebody in it with /nearest.

        Args:
            identities: How many people to make, 2 to 10,000; as many faces at most as the gallery has.
            alpha: How strongly they are pulled towards random faces, 0 to 2; 0 only moves apart.
            span: Stay inside so many of the gallery's strongest directions, where its generator can draw: 30 for
                heads-10k, 40 for gan-10k. 0: anywhere on the sphere.
            steps: Moves of every identity, 1 to 1000.
            objective: What pushes: soft (all close pairs at once), paper (the closest pair), stochastic (the paper's on
                a part drawn anew for each step) or nearest (each identity's nearest pair).
            gallery: The random faces to start from: heads-10k (3-D heads), gan-10k (faces of a GAN), or the name of a
                run of `gallery`.
            seed: The same seed gives the same packing.
            device: Where to compute: cpu, or cuda where the server has a GPU.
            wait: True: tell of the progress until the end. False: answer once, as soon as the run has begun; ask /runs.

        Returns:
            A dict, again and again: run (its name, for the other endpoints), state (waiting, starting, running, done,
                stopped, failed or interrupted), progress (0 to 1), seconds_left, message, step, min_angle (degrees
                between the two closest people now); in the last one, figures: min_angle_before, min_angle_after,
                bound_angle (what no packing can exceed), look_alikes_before and look_alikes_after (shares of the people
                who have somebody closer than look_alike_angle).
        """
        name = start_packing(
            context,
            identities=asked.whole(identities, "identities", 2, MOST_IDENTITIES),
            alpha=asked.number(alpha, "alpha", 0, MOST_ALPHA),
            span=asked.whole(span, "span", 0, MOST_SPAN),
            steps=asked.whole(steps, "steps", 1, MOST_STEPS),
            objective=asked.one_of(objective, "objective", OBJECTIVES),
            gallery=_gallery(context, gallery),
            learning_rate=None,
            seed=asked.whole(seed, "seed", 0, asked.MOST_SEED),
            device=asked.one_of(device, "device", ("cpu", "cuda")),
        )
        run = context.run(name)
        for status in followed(run):
            yield _packing(context, run, status)
            if not asked.yes(wait, "wait"):
                return

    return pack


def _gallery(context: AppContext, value: object) -> str:
    """The name of a gallery that ships, or the path of one made here, which is asked for by its run's name."""
    made = {run.name: str(run.path) for run in context.runs("gallery") if run.status().state == DONE}
    shipped = [pair.gallery for pair in PAIRS]
    name = asked.one_of(value, "gallery", [*shipped, *made])
    return made.get(name, name)


def _packing(context: AppContext, run: Run, status: RunStatus) -> Packing:
    last: dict[str, Any] = next(iter(reversed(run.metrics())), {})
    return {
        "run": run.name,
        "state": status.state,
        "progress": status.progress,
        "seconds_left": status.seconds_left,
        "message": without(context, status.message),
        "step": last.get("step"),
        "min_angle": last.get("min_angle"),
        "figures": None if status.active else pack_figures(context, run),
    }


def pack_figures(context: AppContext, run: Run) -> PackFigures | None:
    """What a packing came to; None of one that has no figures."""
    results: dict[str, Any] = run.results()
    first = next((row for row in run.metrics() if row.get("step") == 0), {})
    if "min_angle" not in results or "min_angle" not in first:
        return None
    try:
        found, angle = looked_alike(context, run)
        alike = (found.alike_before / found.people, found.alike_after / found.people, angle)
    except HyperFaceError:  # a gallery that is gone or too small
        alike = None
    return {
        "identities": int(run.options["identities"]),
        "dimension": int(results["dimension"]),
        "min_angle_before": float(first["min_angle"]),
        "min_angle_after": float(results["min_angle"]),
        "bound_angle": float(results["bound_angle"]),
        "look_alikes_before": None if alike is None else alike[0],
        "look_alikes_after": None if alike is None else alike[1],
        "look_alike_angle": None if alike is None else alike[2],
    }

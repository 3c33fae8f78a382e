"""The closed loop: moving packed identities until the generator's pictures of them are far apart, too.

Packing spreads the embeddings that are asked for; the pictures follow only in part, because a generator draws many
directions weakly (HyperFace, arXiv 2411.08470, stops there). Here the loop through generator and recogniser is closed:
the requests themselves are moved down the gradient of what is seen in the pictures. Where the generator is
differentiable, that is the gradient itself (`gradient`); where it is not, but its people are numbers that embeddings
are nearly a linear function of, that function stands in for it and is corrected by real pictures (`surrogate`).

The loss of identity i, with c_i the direction in which its pictures are seen and c_j what was last seen of the others:

    repulsion · (1/β) log Σ_{j≠i} exp(β c_i·c_j)  +  consistency · (1 − cosine of two pictures)
    +  fidelity · (1 − cosine of the pictures to what was expected)

No network changes. What only the recogniser that leads would see counts as separation, too: measure the outcome with
another one.
"""

from collections import abc

import torch

from hyperface.closed_loop import gradient, surrogate
from hyperface.closed_loop.step import ClosedLoopStep, Weights
from hyperface.errors import InputError
from hyperface.generators.base import DifferentiableGenerator, Generator, LinearPeople
from hyperface.recognizers.base import Recognizer
from hyperface.sphere import as_embeddings

__all__ = ["ClosedLoopStep", "close_loop"]


def close_loop(
    identities: torch.Tensor,
    generator: Generator,
    recognizer: Recognizer,
    *,
    rounds: int = 20,
    batch_size: int = 64,
    learning_rate: float | None = None,
    repulsion: float = 1.0,
    consistency: float | None = None,
    fidelity: float = 0.1,
    seed: int = 0,
    resume: dict[str, torch.Tensor] | None = None,
) -> abc.Generator[ClosedLoopStep, None, torch.Tensor]:
    """Move requests until what is seen of them is far apart, yielding the start and every step.

    Args:
        identities: (n, d), n ≥ 2, unit rows, such as packed embeddings.
        generator: a `DifferentiableGenerator`, or one with `LinearPeople`.
        recognizer: the one whose embeddings they are; it leads.
        rounds: how often each identity is moved; a step moves one batch of them.
        batch_size: identities moved in a step.
        learning_rate: length of the first moves in radians, about; they shorten to 0 in a straight line. None for
            what suits the generator: `gradient.LEARNING_RATE` or `surrogate.LEARNING_RATE`.
        repulsion: weight ≥ 0 of moving apart. Without it this is the control that spends the same effort.
        consistency: weight ≥ 0 of a person's pictures agreeing. None for what suits the generator: `CONSISTENCY`.
        fidelity: weight ≥ 0 of being seen as expected: as the request, or as the linear function says.
        seed: of the batches, the pictures and their disturbances.
        resume: `state` of an earlier step of the same call, with the same arguments.

    Returns:
        The requests of the last step, float32 (n, d), unit rows.

    Raises:
        InputError: A value that cannot be, a generator that is of neither kind, or a recogniser that is not the
            generator's.
        CheckpointError: `resume` is the state of something else.
    """
    if not isinstance(generator, DifferentiableGenerator | LinearPeople):
        raise InputError(
            f"The generator {generator.name!r} is not differentiable, and its people are no numbers that embeddings "
            "follow from, so the loop cannot be closed."
        )
    generator.space.check_same(recognizer.space)
    start = as_embeddings(identities)
    if len(start) < 2:
        raise InputError(f"Moving identities apart needs at least 2 of them; there is {len(start)}.")
    if rounds < 1 or batch_size < 1:
        raise InputError("Rounds and batch size must be at least 1.")
    if isinstance(generator, DifferentiableGenerator):
        if not recognizer.differentiable:
            raise InputError(
                f"The loop follows a gradient through generator and recogniser, and {recognizer.name!r} has none: "
                "onnxruntime runs it."
            )
        steps, usual = gradient.steps, (gradient.LEARNING_RATE, gradient.CONSISTENCY)
    else:
        steps, usual = surrogate.steps, (surrogate.LEARNING_RATE, surrogate.CONSISTENCY)
    rate = usual[0] if learning_rate is None else learning_rate
    weights = Weights(repulsion, usual[1] if consistency is None else consistency, fidelity)
    if min(weights.repulsion, weights.consistency, weights.fidelity) < 0 or rate <= 0:
        raise InputError("Weights cannot be negative, and the learning rate must be above 0.")
    return steps(start, generator, recognizer, rounds, batch_size, rate, weights, seed, resume)

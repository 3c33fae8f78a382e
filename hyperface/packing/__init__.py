"""Packing: move identities apart on the hypersphere, as the paper's Algorithm 1 asks, and better."""

from hyperface.packing.pack import PackingStep, pack

__all__ = ["PackingStep", "pack"]

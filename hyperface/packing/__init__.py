"""Packing: move identities apart on the hypersphere, as the paper's Algorithm 1 asks, and better."""

from hyperface.packing.pack import PackingStep, pack
from hyperface.packing.tammes import TammesStep, solve_tammes

__all__ = ["PackingStep", "TammesStep", "pack", "solve_tammes"]

"""The graph against umap-learn's own."""

import numpy as np
import pytest
import torch
from umap import umap_

from hyperface.projection.graph import fuzzy_graph, memberships, nearest_neighbors
from hyperface.sphere import random_points


@pytest.mark.parametrize("count", [80, 803])  # the larger is searched in two levels
def test_neighbors_are_those_of_brute_force(count):
    rows, among = random_points(30, 5, seed=0), random_points(count, 5, seed=1)
    indices, distances = nearest_neighbors(rows, among, 7)
    expected, order = torch.sort(1 - rows @ among.T, dim=1)
    np.testing.assert_array_equal(indices, order[:, :7])
    np.testing.assert_allclose(distances, expected[:, :7], atol=1e-6)


def test_a_row_is_not_its_own_neighbor():
    rows = random_points(20, 4, seed=2)
    rows[7] = rows[8]
    indices, distances = nearest_neighbors(rows, rows, 3, exclude_self=True)
    assert (indices != np.arange(20)[:, None]).all()
    assert indices[7, 0] == 8
    assert distances.min() >= 0


@pytest.mark.parametrize("copies", [0, 3])
def test_graph_is_that_of_umap_learn(monkeypatch, copies):
    for function in ("smooth_knn_dist", "compute_membership_strengths"):  # compiling them takes longer than running
        monkeypatch.setattr(umap_, function, getattr(umap_, function).py_func)
    rows = random_points(200, 12, seed=3)
    rows[:copies] = rows[10]
    n_neighbors = 15
    indices, distances = nearest_neighbors(rows, rows, n_neighbors - 1, exclude_self=True)
    itself = np.arange(200)[:, None]
    theirs = umap_.fuzzy_simplicial_set(
        rows.numpy(),
        n_neighbors,
        np.random.RandomState(0),
        "cosine",
        knn_indices=np.hstack([itself, indices]),
        knn_dists=np.hstack([0 * itself, distances]),
    )[0].toarray()
    graph = fuzzy_graph(rows, n_neighbors)
    ours = np.zeros_like(theirs)
    ours[graph.heads, graph.tails] = graph.weights
    np.testing.assert_allclose(ours, theirs, atol=2e-4)


def test_memberships_sum_to_the_logarithm_of_the_neighbors():
    distances = np.sort(np.random.default_rng(4).random((50, 14)), axis=1)
    strengths = memberships(distances)
    np.testing.assert_allclose(strengths.sum(axis=1), np.log2(15), rtol=1e-4)
    np.testing.assert_allclose(strengths[:, 0], 1)
    assert (np.diff(strengths, axis=1) <= 0).all()


def test_memberships_of_equal_points_are_whole():
    np.testing.assert_allclose(memberships(np.zeros((3, 5))), 1)

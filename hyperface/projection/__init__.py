"""Projection: embeddings as points on the sphere S², by UMAP, steady while they move."""

from hyperface.projection.faithfulness import Faithfulness, faithfulness
from hyperface.projection.sphere_projection import SphereProjection

__all__ = ["Faithfulness", "SphereProjection", "faithfulness"]

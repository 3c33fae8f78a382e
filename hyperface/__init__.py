"""HyperFace: synthetic face-recognition data by packing identities on a hypersphere.

Otroshi Shahreza & Marcel, "HyperFace: Generating Synthetic Face Recognition Datasets by
Exploring Face Embedding Hypersphere", ICLR 2025 (arXiv 2411.08470).

Nothing heavy is imported here: `import hyperface.packing` loads torch, `import hyperface` does not.
"""

__version__ = "0.1.0"

"""3-D heads with known identity, photographed by a small renderer of our own, for verification benchmarks.

The modules from the person to the file: head_model, teeth (shape) → identities (who) → chart, skin, hair (paint) →
capture (conditions) → raster, lighting, camera, render (one picture) → pairs, photograph (a pack) → check (proof that
a pack measures recognition). A build-time tool: the app and the library never import it.
"""

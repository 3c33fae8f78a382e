"""3-D heads with known identity, photographed by a small renderer of our own, for verification benchmarks.

From the person to the file:
    identities                           who: shape and colouring from a seed
    head_model, teeth                    the head's shape (anny)
    chart, skin, eyes, hair, curtain     what it is painted and covered with
    capture                              how it is photographed: pose, expression, light, camera
    raster, lighting, camera, scene      what the camera sees, and how bright that is
    render, pairs, photograph            one picture, the plan of a pack, the pack's pictures
    __main__                             builds the packs that ship
A build-time tool: the app and the library never import it.
"""

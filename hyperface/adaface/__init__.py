"""The calls of AdaFace's and the released HyperFace models' cards, so that code written after them runs unchanged.

    from hyperface.adaface import align
    from hyperface.adaface import load_pretrained_model, to_input

    aligned_rgb_img = align.get_aligned_face(path)
    bgr_input = to_input(aligned_rgb_img)
    model = load_pretrained_model(checkpoint, architecture='ir_50')
    feature, _ = model(bgr_input)

For new code `hyperface.faces.align` and `hyperface.recognizers.load` are the better door: they take batches, say what
was found where, and look after the colour order.
"""

from hyperface.adaface import align
from hyperface.adaface.model import AdaFaceModel, load_pretrained_model, to_input

__all__ = ["AdaFaceModel", "align", "load_pretrained_model", "to_input"]

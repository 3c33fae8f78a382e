"""IJB-B and IJB-C: templates of several photos and video frames each, compared 1:1 and searched 1:N.

The benchmark is read as InsightFace released it (recognition/_evaluation_/ijb): `loose_crop/` beside `meta/`. The
photos themselves are NIST's, who gives them out on request.
"""

from hyperface.evaluation.ijb.files import Ijb, open_ijb
from hyperface.evaluation.ijb.scoring import (
    Search,
    TemplatePairs,
    TemplateSearch,
    compare_templates,
    search_templates,
)
from hyperface.evaluation.ijb.templates import TemplateFeatures, TemplateStep, embed_templates

__all__ = [
    "Ijb",
    "Search",
    "TemplateFeatures",
    "TemplatePairs",
    "TemplateSearch",
    "TemplateStep",
    "compare_templates",
    "embed_templates",
    "open_ijb",
    "search_templates",
]

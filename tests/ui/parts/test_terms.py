import re

import pytest

from hyperface.ui.parts.terms import MEANINGS, term


def test_a_word_opens_its_own_sentence():
    first, second = term("likeness"), term("likeness", "Likeness")
    targets = [re.search(r'popovertarget="([^"]+)"', html)[1] for html in (first, second)]
    assert targets[0] != targets[1]  # both may be on one page
    for html, target in zip((first, second), targets, strict=True):
        assert f'id="{target}">How near a picture' in html
    assert ">Likeness</button>" in second
    with pytest.raises(KeyError):
        term("nonsense")


def test_each_meaning_is_one_sentence():
    for name, meaning in MEANINGS.items():
        assert re.fullmatch(r"[A-Z][^.]*\.", meaning), name

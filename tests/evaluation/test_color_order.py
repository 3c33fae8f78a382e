import pytest

from hyperface import recognizers
from hyperface.assets import asset
from hyperface.errors import InputError
from hyperface.evaluation.color_order import check_color_order
from hyperface.jobs import models
from hyperface.jobs.console import Console
from hyperface.recognizers.base import Recognizer


class TurnedRound(Recognizer):
    """The small recogniser that ships, given its colours in the wrong order."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = recognizers.load(asset("demo/train-demo/recognizer.safetensors"))
        self.card = self.inner.card

    def _features(self, images):
        return self.inner._features(images.flip(1))


@pytest.mark.slow
def test_the_wrong_order_is_noticed_and_the_right_one_is_not():
    wrong = TurnedRound()
    found, right = check_color_order(wrong), check_color_order(wrong.inner)
    assert found.seems_wrong
    assert not right.seems_wrong
    assert (found.declared, found.other) == (right.other, right.declared)
    assert right.declared > right.other + 0.1


def test_the_command_line_warns(monkeypatch, capsys):
    recognizer = TurnedRound()
    monkeypatch.setattr(recognizers, "load", lambda name, **_: recognizer)
    models.load("theirs.onnx", Console())
    message = capsys.readouterr().err
    assert 'Say --color BGR, or declare {"color": "BGR"} in theirs.json' in message
    models.load("small:theirs.pth", Console())  # weights of another project
    assert 'declare {"color": "BGR"} in theirs.json' in capsys.readouterr().err
    models.load("theirs.safetensors", Console())  # whose colours the file itself knows
    assert capsys.readouterr().err == ""
    with pytest.raises(InputError, match="knows the order of its colours itself"):
        models.load("theirs.safetensors", Console(), color="RGB")
    models.check_color("RGB", ["dlib", "small:theirs.pth"])
    assert [models.color_of(name, "RGB") for name in ("dlib", "small:theirs.pth")] == [None, "RGB"]
    with pytest.raises(InputError, match="for other projects' weights"):
        models.check_color("RGB", ["dlib"])

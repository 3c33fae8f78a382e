from hyperface import runs
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.run_picker import keeping, picker_at, picker_update


def sent(update: dict) -> dict:
    """What goes to the page."""
    assert update["__type__"] == "update"
    return {name: value for name, value in update.items() if name != "__type__"}


def test_what_is_chosen_is_not_sent_again():
    """By the time an answer comes, the page may have something else chosen."""
    choices = [("A", "a"), ("B", "b")]
    assert sent(keeping(choices, "b", "a")) == {"choices": choices}
    assert sent(keeping(choices, "gone", "a")) == {"choices": choices, "value": "a"}
    assert sent(keeping([], None, None)) == {"choices": [], "value": None}


def test_the_newest_run_is_chosen_where_nothing_else_is(tmp_path):
    context = AppContext(runs_folder=tmp_path, demo_folder=tmp_path / "demo")
    assert sent(picker_update(context, "pack", None))["value"] is None
    old, new = (runs.create("pack", {}, title=title, folder=tmp_path) for title in ("old", "new"))
    assert sent(picker_update(context, "pack", None))["value"] == new.name
    assert "value" not in sent(picker_update(context, "pack", old.name))
    assert sent(picker_at(context, "pack", old.name))["value"] == old.name


def test_a_damaged_run_is_named_below_the_list_it_is_missing_from(tmp_path):
    context = AppContext(runs_folder=tmp_path, demo_folder=tmp_path / "demo")
    whole = runs.create("pack", {}, title="whole", folder=tmp_path)
    assert sent(picker_update(context, "pack", whole.name))["info"] is None
    for name in ("pack-1-cut", "train-2-cut", "mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{")
    told = sent(picker_update(context, "pack", whole.name))
    assert [name for _, name in told["choices"]] == [whole.name]
    assert told["info"].startswith("2 runs are damaged. mine is not a readable run folder (")
    assert "pack-1-cut is not" in told["info"]
    assert "train-2-cut is not" in sent(picker_update(context, "train", None))["info"]
    assert str(tmp_path) not in told["info"]

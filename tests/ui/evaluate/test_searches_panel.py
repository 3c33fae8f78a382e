from hyperface import runs
from hyperface.ui.evaluate.searches_panel import searches_text

IDENTIFIED = {
    "label": "mine <b>",
    "rates": {"1": 0.75, "5": 1.0},
    "rank_1_interval": [0.5, 0.875],
    "searches": 8,
    "enrolled": 4,
    "open_set": [{"fpir": 0.01, "tpir": 0.5, "interval": [0.25, 0.75]}],
    "open_set_refused": "",
    "collapsed": True,
}
TEMPLATES = {
    "label": "mine",
    "benchmark": "IJB-C",
    "tar_at_far": [{"far": 1e-4, "tar": 0.875}, {"far": 1e-6, "tar": None}],
    "search": None,
}


def made(context, verb: str, results: dict) -> runs.Run:
    run = runs.create(verb, {}, title=f"A {verb}", folder=context.runs_folder)
    with runs.Worker(run).working() as worker:
        worker.write_results(results)
    return run


def test_what_the_terminal_measured_is_listed_with_its_figures(context):
    assert "Nothing yet" in searches_text(context)
    made(context, "identify", {"identifications": [IDENTIFIED]})
    made(context, "ijb", {"templates": [TEMPLATES]})
    shown = searches_text(context)
    assert "mine &lt;b&gt;: rank 1 75.00 %, rank 5 100.00 % (95 % interval of rank 1: 50.00 to 87.50 %)" in shown
    assert "TPIR 50.00 % (25.00 to 75.00) at FPIR 1 %" in shown
    assert "gives every face the same embedding" in shown
    assert "mine on IJB-C: TAR 87.50 % at FAR 0.0001" in shown
    assert shown.index("Identification") < shown.index("Templates")


def test_a_damaged_run_is_named_and_takes_no_other_down(context):
    damaged = [
        made(context, "identify", {"identifications": entries}) for entries in ([{}], 3, [None], [{"label": "a"}])
    ]
    made(context, "identify", {"identifications": [IDENTIFIED]})
    shown = searches_text(context)
    assert all(f"The results of {run.name} are damaged" in shown for run in damaged)
    assert "rank 1 75.00 %" in shown

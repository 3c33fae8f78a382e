"""Scripts at a server that strangers share: each says who it is by a key of its own."""

import json

import pytest

gradio_client = pytest.importorskip("gradio_client")


def script(url: str, key: str):
    return gradio_client.Client(url, headers={"x-hyperface-key": key}, verbose=False)


# Gradio's queue still uses pandas in ways that are going to go.
@pytest.mark.filterwarnings("ignore:.*no_silent_downcasting", "ignore:The copy keyword is deprecated")
def test_a_script_sees_its_own_runs_and_nobody_elses(shared_url):
    mine, other = script(shared_url, "one-script" + "-" * 30), script(shared_url, "another-one" + "-" * 30)
    begun = mine.predict(identities=10, steps=2, wait=False, api_name="/pack")
    name = begun["run"]
    assert [run["run"] for run in mine.predict(run=name, api_name="/runs")] == [name]
    assert name in json.dumps(mine.predict(api_name="/runs"))
    assert name not in json.dumps(other.predict(count=100, api_name="/runs"))
    for endpoint, asked in (
        ("/runs", {}),
        ("/identities", {}),
        ("/draw", {"identity": 0}),
        ("/nearest", {"photo": "A"}),
    ):
        with pytest.raises(gradio_client.exceptions.AppError, match="There is no run"):
            other.predict(run=name, **asked, api_name=endpoint)
    for each in (mine, other):
        each.close()

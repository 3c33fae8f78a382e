"""Start the app: `python app.py`. Also the entry of the Hugging Face Space."""

from hyperface.jobs.placement import prepare

prepare()  # what lends a Space its GPU has to come before Gradio and torch

from hyperface.ui.app import launch  # noqa: E402 — as just said

if __name__ == "__main__":
    launch()

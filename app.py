"""Start the app: `python app.py`. Also the entry of the Hugging Face Space."""

from hyperface.ui.app import launch

if __name__ == "__main__":
    launch()

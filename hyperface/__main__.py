"""`python -m hyperface <verb>`."""

import sys

from hyperface.cli import main

if __name__ == "__main__":
    sys.exit(main())

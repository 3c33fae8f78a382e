"""stub"""

HELP = "stub"


def add_arguments(parser):
    pass


def execute(a, c):
    pass

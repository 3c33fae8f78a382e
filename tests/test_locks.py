"""Locks of files and folders, also where a process is forked while one is held."""

import multiprocessing

import pytest

from hyperface import locks

pytestmark = pytest.mark.skipif(locks.fcntl is None, reason="the system has no such locks")


def test_one_holds_it_until_the_end_of_the_block(tmp_path):
    with locks.held(tmp_path):
        with pytest.raises(BlockingIOError), locks.held(tmp_path):
            pass
        with locks.left(tmp_path) as is_left:
            assert not is_left
    with locks.left(tmp_path) as is_left:
        assert is_left


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_process_that_is_forked_meanwhile_does_not_keep_it(tmp_path):
    """As those of a GPU that is lent: they outlive the block, and have its file open."""
    over, end = multiprocessing.Pipe(duplex=False)
    with locks.held(tmp_path):
        child = multiprocessing.get_context("fork").Process(target=over.recv, daemon=True)
        child.start()
    try:
        with locks.left(tmp_path) as is_left:
            assert is_left
    finally:
        end.send(None)
        child.join()

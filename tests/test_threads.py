import time

import pytest

from hyperface.threads import AHEAD, map_ahead


def test_results_come_in_order_and_a_few_items_ahead():
    begun = []

    def work(number):
        begun.append(number)
        time.sleep(0.02 if number % 2 else 0.001)
        return number**2

    results = map_ahead(work, range(40), workers=2)
    assert next(results) == (0, 0)
    assert len(begun) <= AHEAD * 2 + 1
    assert list(results) == [(number, number**2) for number in range(1, 40)]
    assert list(map_ahead(work, [None] * 0, workers=2)) == []


def test_errors_come_in_their_turn_and_the_rest_is_left():
    begun = []

    def work(number):
        begun.append(number)
        return 1 / (number - 2)

    results = map_ahead(work, range(1000), workers=2)
    assert [next(results)[0] for _ in range(2)] == [0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert len(begun) < 100

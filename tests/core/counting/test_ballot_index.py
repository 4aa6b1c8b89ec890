"""The roll of ballots, against a dictionary of lists."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray

from twittervotes.core.counting.ballot_index import Roll


def numbers(values: list[int]) -> NDArray[np.uint32]:
    return np.array(values, np.uint32)


@pytest.mark.parametrize("seed", range(8))
def test_ballots_that_come_and_go_are_found_under_their_initials(seed: int) -> None:
    random = Random(seed)
    roll, truth, last = Roll(), dict[int, list[int]](), 0
    crowded = [random.randrange(60) * 4096 + 5 for _ in range(200)]  # they want the same slots
    for _ in range(300):
        new = list(range(last + 1, last + random.randrange(1, 40)))
        initials = [random.choice([random.choice(crowded), random.getrandbits(32)]) for _ in new]
        expected = []
        for those, number in zip(initials, new, strict=True):
            entered = truth.setdefault(those or 1, [])
            expected.append(entered[-1] if entered else 0)
            entered.append(number)
        assert roll.add(numbers(initials), numbers(new)).tolist() == expected
        last = max(last, *new, 0)
        for those in random.choices(sorted(truth), k=3 * bool(truth)):
            if truth[those]:
                gone = random.sample(truth[those], random.randrange(1, len(truth[those]) + 1))
                truth[those] = [number for number in truth[those] if number not in gone]
                roll.remove([those] * len(gone), gone)
    for those, entered in truth.items():
        assert roll.newest(those) == (entered[-1] if entered else 0)
        assert roll.up_to([roll.newest(those)]) == set(entered)


def test_a_ballot_that_is_not_on_the_roll_cannot_be_struck_off() -> None:
    roll = Roll()
    roll.add(numbers([7, 7]), numbers([1, 2]))
    with pytest.raises(LookupError):
        roll.remove([7], [3])
    with pytest.raises(LookupError):
        roll.remove([8], [1])
    assert roll.up_to([2]) == {1, 2}


def test_no_ballots_leave_it_as_it_is() -> None:
    roll = Roll()
    assert roll.add(numbers([]), numbers([])).tolist() == []
    assert roll.newest(0) == 0

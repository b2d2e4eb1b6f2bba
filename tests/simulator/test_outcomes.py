"""What comes soon comes at its own moment, and can be waited for."""

from simulator.outcomes import Outcomes, Telling, When


def test_all_that_is_due_soon_has_come_when_it_was_waited_for_and_nothing_comes_after_the_end() -> None:
    outcomes, pushed = Outcomes(), list[int]()
    outcomes.settle()  # of nothing
    for copies in (1, 2, 3):
        outcomes.tell(Telling(When.SOON, copies), pushed.append)
    outcomes.settle()
    assert pushed == [1, 2, 3]
    outcomes.close()
    outcomes.tell(Telling(When.SOON), pushed.append)
    outcomes.settle()
    assert pushed == [1, 2, 3]

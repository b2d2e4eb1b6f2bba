"""Runs a dialogue twice at the same turn: code between questions must not depend on chance or the clock."""

from collections.abc import Callable

from bot.talk import Ending, Pause, Talk

Run = Callable[[Talk], Ending]


def rehearse(talk: Talk, run: Run) -> None:
    """Fail if two runs from the same talk differ. `run` must leave nothing behind (roll its transaction back).

    What the first run made with `talk.keep` is handed to the second, as the engine does from turn to turn.
    """
    first, second = _copy(talk), _copy(talk)
    heard = _outcome(first, run)
    second.kept = dict(first.kept)
    again = _outcome(second, run)
    assert heard == again, f"{talk.flow} says something else when it is run again: {heard} / {again}"
    assert first.model_dump_json() == second.model_dump_json(), f"{talk.flow} keeps something else when run again"


def _copy(talk: Talk) -> Talk:
    return Talk.model_validate_json(talk.model_dump_json())


def _outcome(talk: Talk, run: Run) -> tuple[str, ...]:
    try:
        ending = run(talk)
    except Pause as pause:
        return ("pause", pause.hint, pause.prompt)
    return ("end", ending.reply, ending.next, str(dict(ending.opening)))

"""Runs a dialogue twice at the same turn: code between questions must not depend on chance or the clock."""

from collections.abc import Callable
from dataclasses import replace

from bot.registry import Dialogue, Registry
from bot.talk import Ending, Pause, Talk
from bot.turn import Turn
from services.errors import Refusal

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


def rehearsed(registry: Registry[Turn]) -> Registry[Turn]:
    """The same dialogues, each of which rehearses every one of its runs; what a rehearsal wrote is rolled back."""
    copy: Registry[Turn] = Registry()
    for dialogue in registry:
        # nothing sealed is twice the same, and a sealed talk has no transaction to roll back
        copy.add(dialogue if dialogue.sealed else replace(dialogue, script=_script(dialogue)))
    return copy


def _script(dialogue: Dialogue[Turn]) -> Callable[[Talk, Turn], str | Ending]:
    def script(talk: Talk, turn: Turn) -> str | Ending:
        def run(again: Talk) -> Ending:
            trial = turn.db.begin_nested()
            try:
                return dialogue(again, turn)
            finally:
                trial.rollback()

        rehearse(talk, run)
        return dialogue.script(talk, turn)

    return script


def _copy(talk: Talk) -> Talk:
    return Talk.model_validate_json(talk.model_dump_json())


def _outcome(talk: Talk, run: Run) -> tuple[str, ...]:
    try:
        ending = run(talk)
    except Pause as pause:
        return ("pause", pause.hint, pause.prompt)
    except Refusal as refusal:
        return ("refusal", repr(refusal))
    return ("end", ending.reply, ending.next, str(dict(ending.opening)))

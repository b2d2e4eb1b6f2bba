"""Runs a dialogue twice at the same turn: code between questions must not depend on chance or the clock."""

from collections.abc import Callable
from dataclasses import replace

from bot.registry import Dialogue, Registry
from bot.talk import Ending, Pause, Talk
from bot.turn import Turn
from services.errors import Refusal

Run = Callable[[Talk], Ending]


def rehearse(talk: Talk, trial: Run, run: Run) -> Ending:
    """Run it after a trial of the same talk, and fail if the two differ; `trial` must leave nothing behind.

    What the trial made with `talk.keep` is handed on, as the engine does from turn to turn.
    """
    first = Talk.model_validate_json(talk.model_dump_json())
    tried = _outcome(first, trial)
    talk.kept = dict(first.kept)
    told = _outcome(talk, run)
    heard, again = _told(tried), _told(told)
    assert heard == again, f"{talk.flow} says something else when it is run again: {heard} / {again}"
    assert first.model_dump_json() == talk.model_dump_json(), f"{talk.flow} keeps something else when run again"
    if isinstance(told, Ending):
        return told
    raise told


def rehearsed(registry: Registry[Turn]) -> Registry[Turn]:
    """The same dialogues, each of which rehearses every one of its runs; what a rehearsal wrote is rolled back."""
    copy: Registry[Turn] = Registry()
    for dialogue in registry:
        # nothing sealed is twice the same, and a sealed talk has no transaction to roll back
        copy.add(dialogue if dialogue.sealed else replace(dialogue, script=_script(dialogue)))
    return copy


def _script(dialogue: Dialogue[Turn]) -> Callable[[Talk, Turn], Ending]:
    def script(talk: Talk, turn: Turn) -> Ending:
        def trial(first: Talk) -> Ending:
            before = turn.db.begin_nested()
            try:
                return dialogue(first, turn)
            finally:
                before.rollback()

        ending = rehearse(talk, trial, lambda talk: dialogue(talk, turn))
        talk.rewind()  # what was said on the way stands in its reply already
        return ending

    return script


def _outcome(talk: Talk, run: Run) -> Ending | Pause | Refusal:
    try:
        return run(talk)
    except (Pause, Refusal) as stopped:
        return stopped


def _told(outcome: Ending | Pause | Refusal) -> tuple[str, ...]:
    match outcome:
        case Pause():
            return ("pause", outcome.hint, outcome.prompt)
        case Refusal():
            return ("refusal", repr(outcome))
        case Ending():
            return ("end", outcome.reply, outcome.next, str(dict(outcome.opening)))

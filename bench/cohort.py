"""Does our picking help? A made-up branch practises for 90 days, as we pick and at random: `python -m bench.cohort`.

The members forget by a model that FSRS knows nothing of: the activation of ACT-R with spacing (Pavlik and Anderson,
Cognitive Science 29, 2005, their published decay and noise). What is compared is the chance of recall at the end, over
every question of the bank, also those never asked. docs/study-model.md tells what this shows and what not.
"""

import argparse
import math
import random
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from models.question import QuestionKind
from models.study import Outcome
from services import cards
from services.cards import Memory

ROOT = Path(__file__).resolve().parents[1]
FIGURE = ROOT / "docs" / "pictures" / "study-model.svg"
SEEDS = 20
FIRST_DAY = date(2026, 1, 1)
RETENTION = 0.9
TAKEN = 20  # seconds an answer takes: neither quick nor unknown
T_95 = {2: 12.71, 3: 4.30, 5: 2.78, 10: 2.26, 20: 2.09}  # Student's t, two-sided 95 %, by number of seeds


@dataclass(frozen=True, slots=True)
class Branch:
    """Who answers how much of what: `there` is the share of days on which a member answers."""

    members: int = 200
    days: int = 90
    daily: int = 3
    questions: int = 100
    there: float = 1.0
    known: float = 0.3  # share of questions met now and then in the two years before
    guessed: float = 0.25  # chance of being right without knowing


class Trace(Protocol):
    """What one member remembers of one question; times in days, those before the first day negative."""

    def recall(self, at: float) -> float:
        """The chance of recall."""
        ...

    def met(self, at: float, *, recalled: bool) -> None:
        """The question was asked and its answer shown."""
        ...


@dataclass(slots=True)
class Activation:
    """ACT-R: every meeting leaves a trace that decays by a power of time, the faster the fresher the memory was."""

    decay: float  # 0.177 at the median
    meetings: list[tuple[float, float]] = field(default_factory=list)  # when, and its decay

    SPACING = 0.217
    NOISE = 0.255
    AWAY = 0.025  # outside the lesson time counts for less
    THRESHOLD = -1.7  # set so that one meeting is recalled by half after a week: recognising is easier than recalling

    def recall(self, at: float) -> float:
        """A logistic of the activation."""
        if not self.meetings:
            return 0.0
        return 1 / (1 + math.exp((self.THRESHOLD - self._activation(at)) / self.NOISE))

    def met(self, at: float, *, recalled: bool) -> None:  # noqa: ARG002 - here the answer is shown, known or not
        """Another trace, which decays faster where the memory was still fresh."""
        fresh = self.SPACING * math.exp(self._activation(at)) if self.meetings else 0.0
        self.meetings.append((at, self.decay + fresh))

    def _activation(self, at: float) -> float:
        seconds = ((max(1.0, (at - when) * 86_400 * self.AWAY), decay) for when, decay in self.meetings)
        return math.log(sum(since**-decay for since, decay in seconds))


@dataclass(slots=True)
class HalfLife:
    """The second opinion: exponential forgetting; the half-life grows by a recall, the more the later it comes."""

    first: float  # days; 7 at the median
    half: float = 0.0
    last: float = 0.0

    def recall(self, at: float) -> float:
        """2 to the power of minus the half-lives passed."""
        return 2 ** -((at - self.last) / self.half) if self.half else 0.0

    def met(self, at: float, *, recalled: bool) -> None:
        """Grown after a recall, shrunk after none."""
        if not self.half:
            self.half = self.first
        elif recalled:
            self.half *= 1 + 2 * math.sqrt(1 - self.recall(at))
        else:
            self.half = max(0.7 * self.first, 0.5 * self.half)
        self.last = at


def activation(chance: random.Random, ability: float) -> Trace:
    """A question's trace for a member; ability is near 0."""
    return Activation(0.177 * math.exp(0.2 * ability + chance.gauss(0, 0.15)))


def half_life(chance: random.Random, ability: float) -> Trace:
    """The same in the other model."""
    return HalfLife(7 * math.exp(-0.3 * ability + chance.gauss(0, 0.5)))


Model = Callable[[random.Random, float], Trace]


class Picking(Protocol):
    """Which question comes next, and what is learnt from the answer."""

    def next(self, day: date) -> int:
        """The question's number."""
        ...

    def heard(self, question: int, day: date, *, right: bool) -> None:
        """How it was answered."""
        ...


@dataclass
class AtRandom:
    """Any question of the bank, each as likely as the other."""

    questions: int
    chance: random.Random

    def next(self, day: date) -> int:  # noqa: ARG002 - chance knows no days
        """Drawn."""
        return self.chance.randrange(self.questions)

    def heard(self, question: int, day: date, *, right: bool) -> None:
        """Nothing is learnt."""


@dataclass
class AsWePick:
    """services/study.py without its tables: the same cards, the same turns of due and new ones."""

    questions: int
    memories: dict[int, Memory] = field(default_factory=dict)
    repeated: bool | None = None  # whether the last one was

    def next(self, day: date) -> int:
        """Due and new ones in turn; where there is neither, what is due the soonest."""
        due = min((key for key, one in self.memories.items() if one.due <= day), key=self._due, default=None)
        new = len(self.memories) if len(self.memories) < self.questions else None
        repeats = cards.repeats_next(asked_before=self.repeated is not None, last_was_repeated=bool(self.repeated))
        first, second = (due, new) if repeats else (new, due)
        found = first if first is not None else second
        return found if found is not None else min(self.memories, key=self._due)

    def heard(self, question: int, day: date, *, right: bool) -> None:
        """The card is kept."""
        before = self.memories.get(question)
        self.repeated = before is not None
        rating = cards.rate(QuestionKind.SINGLE, Outcome.RIGHT if right else Outcome.WRONG, TAKEN)
        self.memories[question] = cards.after(before, rating, day, RETENTION)

    def _due(self, question: int) -> tuple[date, int]:
        return self.memories[question].due, question


def recalled(branch: Branch, model: Model, seed: str, picking: Picking, at: Sequence[int]) -> list[float]:
    """One member's mean chance of recall over the whole bank, on each of those days."""
    chance = random.Random(seed)  # the same member, whoever picks
    ability = chance.gauss(0, 1)
    traces = [model(chance, ability) for _ in range(branch.questions)]
    for trace in traces:
        if chance.random() < branch.known:
            for when in sorted(-chance.uniform(20, 720) for _ in range(chance.randint(2, 5))):
                trace.met(when, recalled=True)
    days = [chance.random() < branch.there for _ in range(branch.days)]
    told = []
    for number in range(branch.days + 1):
        if number in at:
            told.append(statistics.fmean(trace.recall(number) for trace in traces))
        if number < branch.days and days[number]:
            _answers(branch, traces, picking, number, chance)
    return told


def _answers(branch: Branch, traces: Sequence[Trace], picking: Picking, number: int, chance: random.Random) -> None:
    day = FIRST_DAY + timedelta(days=number)
    for place in range(branch.daily):
        at = number + 0.0005 * place
        question = picking.next(day)
        knows = chance.random() < traces[question].recall(at)
        picking.heard(question, day, right=knows or chance.random() < branch.guessed)
        traces[question].met(at, recalled=knows)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean recall of ours and of random practice, each for each seed, in points of 100."""

    ours: Sequence[float]
    theirs: Sequence[float]

    @property
    def gains(self) -> list[float]:
        """Ours less theirs."""
        return [one - other for one, other in zip(self.ours, self.theirs, strict=True)]

    @property
    def gain(self) -> float:
        """Its mean."""
        return statistics.fmean(self.gains)

    @property
    def lower(self) -> float:
        """The lower end of the mean's 95 % interval over the seeds."""
        count = len(self.gains)
        return self.gain - T_95[count] * statistics.stdev(self.gains) / math.sqrt(count)


def compare(branch: Branch, model: Model, seeds: int) -> Comparison:
    """The whole branch, for each seed, at the last day."""
    ours, theirs = [], []
    for seed in range(seeds):
        both = [curve(branch, model, seed, pick, (branch.days,))[0] for pick in (_ours, _theirs)]
        ours.append(both[0])
        theirs.append(both[1])
    return Comparison(ours, theirs)


def curve(
    branch: Branch, model: Model, seed: int, pick: Callable[[Branch, str], Picking], at: Sequence[int]
) -> list[float]:
    """The branch's mean recall on those days, in points of 100."""
    names = [f"{seed} {member}" for member in range(branch.members)]
    of_members = [recalled(branch, model, name, pick(branch, name), at) for name in names]
    return [100 * statistics.fmean(day) for day in zip(*of_members, strict=True)]


def _ours(branch: Branch, _name: str) -> Picking:
    return AsWePick(branch.questions)


def _theirs(branch: Branch, name: str) -> Picking:
    return AtRandom(branch.questions, random.Random(f"pick {name}"))


def measure() -> Mapping[str, object]:
    """The line of `make bench`."""
    found = compare(Branch(), activation, SEEDS)
    return {
        "name": "recall at day 90",
        "ours": round(statistics.fmean(found.ours), 1),
        "random": round(statistics.fmean(found.theirs), 1),
        "gain_points": round(found.gain, 2),
        "gain_points_lower95": round(found.lower, 2),
        "seeds": SEEDS,
    }


def figure(days: Sequence[int], ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The two curves as SVG: days to the right, recall in points of 100 upwards."""
    left, top, wide, high, most = 56, 20, 560, 280, 100

    def place(day: int, points: float) -> str:
        return f"{left + wide * day / days[-1]:.1f},{top + high * (1 - points / most):.1f}"

    def line(points: Sequence[float], style: str) -> str:
        route = " ".join(map(place, days, points))
        return f'<polyline fill="none" {style} points="{route}"/>'

    grid = []
    for points in range(0, most + 1, 20):
        y = top + high * (1 - points / most)
        grid.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + wide}" y2="{y:.1f}" stroke="#d8d8d8"/>')
        grid.append(f'<text x="{left - 8}" y="{y + 5:.1f}" text-anchor="end">{points}</text>')
    for day in days[::3]:
        x = left + wide * day / days[-1]
        grid.append(f'<text x="{x:.1f}" y="{top + high + 22}" text-anchor="middle">{day}</text>')
    names = [
        f'<text x="{left + wide + 8}" y="{top + high * (1 - points[-1] / most) + 5:.1f}">{name} {points[-1]:.0f}</text>'
        for name, points in (("ours", ours), ("random", theirs))
    ]
    return "\n".join(
        [
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 350" font-family="sans-serif" font-size="15">',
            '<rect width="720" height="350" fill="#ffffff"/>',
            *grid,
            line(theirs, 'stroke="#5f6b76" stroke-width="3" stroke-dasharray="7 5"'),
            line(ours, 'stroke="#a61b1b" stroke-width="3"'),
            *names,
            f'<text x="{left + wide / 2}" y="{top + high + 44}" text-anchor="middle">days (mean recall, %)</text>',
            "</svg>\n",
        ]
    )


def main() -> int:
    """Measure, print, draw the figure; with --table also how it turns out elsewhere."""
    parser = argparse.ArgumentParser(prog="python -m bench.cohort", description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, choices=sorted(T_95))
    parser.add_argument("--table", action="store_true", help="other banks, other diligence, the other model")
    chosen = parser.parse_args()
    if chosen.table:
        _table()
        return 0
    found = compare(Branch(), activation, chosen.seeds)
    print(f"ours {statistics.fmean(found.ours):.1f}, random {statistics.fmean(found.theirs):.1f}: "
          f"{found.gain:.2f} points more, at least {found.lower:.2f} (95 %, {chosen.seeds} seeds)")  # fmt: skip
    days = range(0, Branch().days + 1, 5)
    curves = [curve(Branch(), activation, 0, pick, days) for pick in (_ours, _theirs)]
    FIGURE.write_text(figure(days, *curves), encoding="utf-8")
    print(f"drawn into {FIGURE.relative_to(ROOT)}")
    return 0


def _table() -> None:
    print("| model | questions | days answered | ours | random | gain | at least |\n|---|---|---|---|---|---|---|")
    for name, model in (("activation", activation), ("half-life", half_life)):
        for questions in (60, 100, 200):
            for there in (1.0, 0.6):
                branch = replace(Branch(), members=60, questions=questions, there=there)
                found = compare(branch, model, 5)
                ours, theirs = statistics.fmean(found.ours), statistics.fmean(found.theirs)
                cells = [name, str(questions), f"{there:.0%}", f"{ours:.1f}", f"{theirs:.1f}"]
                print("|", " | ".join([*cells, f"{found.gain:+.1f}", f"{found.lower:+.1f}"]), "|", flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""Texts that are nearly the same, found among tens of thousands without comparing each with each.

Texts that are alike share rare groups of three signs: only those that do are compared (prefix filtering, Bayardo, Ma
and Srikant 2007).
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

NEAR = 90.0  # of 100: one sign in ten may differ
_SHARED = 0.7  # of the groups of both, for texts that are so near
_SHORTEST = 8  # signs; of shorter texts nearly all are alike
_CROWD = 40  # texts with one group: it tells nothing
_COMPARED = 20  # texts that one is compared with: those with most of its rare groups
MOST = 200  # pairs


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts, by their places, and how near they are: 90 to 100."""

    one: int
    other: int
    near: float


def bare(text: str) -> str:
    """The letters and digits of a text in one form: what remains when it is typed again by somebody else."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"[\W_]+", "", folded) or "".join(folded.split())


def alike(texts: Sequence[str], first: int = 0) -> list[Pair]:
    """Pairs of nearly or wholly equal texts, the nearest first, MOST of them at most.

    At least one of a pair stands at `first` or after it: what is before is known to be compared already.
    """
    stems = [bare(text) for text in texts]
    groups = [{stem[at : at + 3] for at in range(len(stem) - 2)} if len(stem) >= _SHORTEST else set() for stem in stems]
    times = Counter(group for found in groups for group in found)
    shelves: defaultdict[str, list[int]] = defaultdict(list)
    pairs: list[Pair] = []
    for place, found in enumerate(groups):
        rare = sorted(found, key=lambda group: (times[group], group))[: int(len(found) * (1 - _SHARED)) + 1]
        near: Counter[int] = Counter()
        for group in rare:
            if times[group] > 1:
                shelf = shelves[group]
                near.update(shelf[-_CROWD:])
                shelf.append(place)
        if place < first:
            continue
        for other, _ in near.most_common(_COMPARED):
            if len(found & groups[other]) >= _SHARED * max(len(found), len(groups[other])):
                ratio = fuzz.ratio(stems[place], stems[other], score_cutoff=NEAR)
                if ratio:
                    pairs.append(Pair(other, place, ratio))
    return sorted(pairs, key=lambda pair: (-pair.near, pair.one, pair.other))[:MOST]

"""Cases that can be found again on a disk: light to import, for processes that are started to be killed."""

import random
from datetime import date

from confidential.cases import Cases
from sealed.desk import NewCase
from sealed.seal import SIZES

WEDNESDAY = date(2026, 11, 18)


def case(number: int) -> NewCase:
    """A case whose key can be found on a disk."""
    lookup = random.Random(number).randbytes(32).hex()
    return NewCase(lookup, f"MARK{number:03d}".ljust(43, "x"), "age1" + "q" * 58, "own")


def sealed(number: int, plain: int = min(SIZES)) -> bytes:
    """Something of the shape and size of a sealed message, different in every piece and found by its mark."""
    noise = random.Random(number + 1000)
    stanzas = b"".join(b"-> X25519 " + b"A" * 43 + b"\n" + b"B" * 43 + b"\n" for _ in range(8))
    head = b"age-encryption.org/v1\n" + stanzas + b"--- " + b"C" * 43 + b"\n"
    rest = SIZES[plain] - len(head)
    return head + b"".join(b"MARK%03d" % number + noise.randbytes(25) for _ in range(rest // 32 + 1))[:rest]


def put(cases: Cases, number: int, plain: int = min(SIZES)) -> None:
    """Submit that case with one message."""
    cases.submit(case(number), [sealed(number, plain)], WEDNESDAY)

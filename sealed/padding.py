"""Padding: a plaintext is as long as its bucket, so that a sealed file tells no more than which of three it is.

Filled up with blanks behind the JSON, which every JSON reader skips: an export needs no tool of ours.
"""

from sealed.errors import TooLong

BUCKETS = (16 * 1024, 1024 * 1024, 4 * 1024 * 1024)  # bytes: text; pictures and files


def pad(plain: bytes) -> bytes:
    """The plaintext in the smallest bucket that takes it; raises TooLong."""
    for bucket in BUCKETS:
        if len(plain) <= bucket:
            return plain.ljust(bucket)
    raise TooLong(len(plain), BUCKETS[-1])


def padded(plain: bytes) -> bool:
    """Tell whether it is exactly as long as a bucket."""
    return len(plain) in BUCKETS

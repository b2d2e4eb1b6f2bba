"""Finds a secret in whatever lies about, however it is written: as UTF-8, GBK, UTF-16, escaped, hex, base64, deflated."""

import base64
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

_DEFLATED = ((b"\x78\x9c", 15), (b"\x78\xda", 15), (b"\x78\x01", 15), (b"\x1f\x8b\x08", 31))  # zlib, gzip
LARGEST = 2**20  # bytes looked at of what is inflated


def forms(secret: str) -> Mapping[str, bytes]:
    """The secret as it might have been written, by the name of the form."""
    plain = {"utf-8": secret.encode(), "utf-16": secret.encode("utf-16-le"), "utf-16 be": secret.encode("utf-16-be")}
    with suppress(UnicodeEncodeError):
        plain["gbk"] = secret.encode("gbk")
    escaped = {"escaped": ascii(secret)[1:-1].encode(), "quoted": quote(secret).encode()}
    hexed = {f"hex of {name}": raw.hex().encode() for name, raw in plain.items()}
    # base64 of a part of something longer: without the characters at its ends that the neighbours have a say in
    encoded = {
        f"base64 of {name}, {shift}": base64.b64encode(bytes(shift) + raw)[4 if shift else 0 : -4]
        for name, raw in plain.items()
        for shift in range(3)
    }
    return {**plain, **escaped, **hexed, **encoded}


def found_in(secret: str, artefacts: Mapping[str, bytes]) -> list[str]:
    """Where the secret stands, and in which form; [] where it does not."""
    return found_among([secret], artefacts)


def found_among(secrets: Iterable[str], artefacts: Mapping[str, bytes]) -> list[str]:
    """The same for many secrets, which does not inflate everything as often."""
    written = [form for secret in secrets for form in forms(secret).items()]
    return [
        f"{place}: {name}"
        for place, artefact in artefacts.items()
        for part in (artefact, *_inflated(artefact))
        for name, form in written
        if form in part
    ]


def files(*folders: Path) -> dict[str, bytes]:
    """Every file below the folders that can be read, by its path."""
    found: dict[str, bytes] = {}
    for folder in folders:
        for file in folder.rglob("*"):
            with suppress(OSError):
                if file.is_file():
                    found[str(file)] = file.read_bytes()
    return found


def _inflated(artefact: bytes) -> Iterator[bytes]:
    whole = memoryview(artefact)
    for magic, bits in _DEFLATED:
        place = artefact.find(magic)
        while place >= 0:
            with suppress(zlib.error):
                yield zlib.decompressobj(bits).decompress(whole[place:], LARGEST)
            place = artefact.find(magic, place + 1)

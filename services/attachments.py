"""Which files may hang on a bulletin: a few types, told by content as well as by name, and not too heavy."""

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from services.errors import FileUnfit

MOST_BYTES = 5 * 1024 * 1024
LONGEST_NAME = 80  # characters
MOST_PARTS = 2000  # of an office file
_OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES: Mapping[str, str] = {
    ".pdf": "application/pdf",
    ".docx": f"{_OFFICE}wordprocessingml.document",
    ".xlsx": f"{_OFFICE}spreadsheetml.sheet",
    ".pptx": f"{_OFFICE}presentationml.presentation",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
}
_STARTS: Mapping[str, bytes] = {
    ".pdf": b"%PDF-",
    ".docx": b"PK\x03\x04",
    ".xlsx": b"PK\x03\x04",
    ".pptx": b"PK\x03\x04",
    ".jpg": b"\xff\xd8\xff",
    ".jpeg": b"\xff\xd8\xff",
    ".png": b"\x89PNG\r\n\x1a\n",
}
_PARTS: Mapping[str, str] = {
    ".docx": "word/document.xml",
    ".xlsx": "xl/workbook.xml",
    ".pptx": "ppt/presentation.xml",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A file that may hang: the name it is kept by, and its content type."""

    name: str
    content_type: str


def known(name: str, content: bytes) -> Known:
    """What a sent file is. Raises FileUnfit: `empty`, `heavy`, `type`, `other` (not what its name says), `macros`."""
    kept = _plain(name)
    suffix = PurePosixPath(kept).suffix.lower()
    if suffix not in TYPES:
        raise FileUnfit("type")
    if not content:
        raise FileUnfit("empty")
    if len(content) > MOST_BYTES:
        raise FileUnfit("heavy")
    if not content.startswith(_STARTS[suffix]):
        raise FileUnfit("other")
    if suffix in _PARTS:
        _check_office(content, _PARTS[suffix])
    return Known(kept, TYPES[suffix])


def _check_office(content: bytes, wanted: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = package.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise FileUnfit("other") from None
    if wanted not in names or len(names) > MOST_PARTS:
        raise FileUnfit("other")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise FileUnfit("macros")


def _plain(name: str) -> str:
    """The last part of a path without what no eye sees (controls, marks of direction), cut before its suffix."""
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(one for one in unicodedata.normalize("NFC", last) if unicodedata.category(one)[0] != "C")
    path = PurePosixPath(" ".join(seen.split()) or "_")
    suffix = path.suffix[:10]
    return f"{path.name.removesuffix(path.suffix)[: LONGEST_NAME - len(suffix)] or '_'}{suffix}"

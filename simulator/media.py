"""Temporary media: uploaded by the account or sent by people, fetched by id, gone after three days.

Source: platform pages 新增临时素材 and 获取临时素材.
"""

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.apierrors import ApiError
from simulator.clock import Clock

LIFE = timedelta(days=3)
# The largest of each kind in bytes, and what its content may be said to be.
LARGEST: Mapping[str, int] = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "thumb": 64 << 10}
TYPES: Mapping[str, tuple[str, ...]] = {
    "image": ("image/png", "image/jpeg", "image/gif", "image/bmp"),
    "voice": ("audio/amr", "audio/mpeg"),
    "video": ("video/mp4",),
    "thumb": ("image/jpeg",),
}
PICTURE = bytes.fromhex(  # one grey point
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a4944415478016368000000820081"
    "4cd7d3c70000000049454e44ae426082"
)
VOICE = b"#!AMR\n" + bytes(32)
VIDEO = b"\x00\x00\x00\x18ftypmp42" + bytes(16)


@dataclass(frozen=True, slots=True)
class Medium:
    """One file."""

    kind: str
    content: bytes
    content_type: str
    made: datetime


class Media:
    """Every file of one world."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, Medium] = {}

    def upload(self, kind: str, content: bytes, content_type: str) -> str:
        """Take the account's file; returns its media_id. Raises ApiError 40004, 40005, 40006 or 44001."""
        if kind not in LARGEST:
            raise ApiError(40004)
        if not content:
            raise ApiError(44001)
        if len(content) > LARGEST[kind]:
            raise ApiError(40006)
        if content_type.partition(";")[0] not in TYPES[kind]:
            raise ApiError(40005)
        return self.keep(kind, content, content_type)

    def keep(self, kind: str, content: bytes, content_type: str) -> str:
        """Keep a file somebody has sent; returns its media_id."""
        media_id = secrets.token_urlsafe(48)
        with self._lock:
            self._kept[media_id] = Medium(kind, content, content_type, self._clock.now())
        return media_id

    def find(self, media_id: str) -> Medium:
        """The file; raises ApiError 40007 for one that never was or is gone."""
        with self._lock:
            medium = self._kept.get(media_id)
        if medium is None or self._clock.now() - medium.made > LIFE:
            raise ApiError(40007)
        return medium

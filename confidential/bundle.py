"""A bundle: a JSON head and ciphertexts behind it, as they travel; nothing of it is spooled to a temp folder."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sealed.seal import message_id

KIND = "application/octet-stream"
LARGEST_HEAD = 256 * 1024  # bytes


class BundleBroken(Exception):
    """The bytes are no bundle, or its head does not say what follows."""


def pack(head: Mapping[str, object], messages: Sequence[bytes] = ()) -> bytes:
    """The bundle; a head without `messages` gets those of the ciphertexts given."""
    whole = {"messages": [{"id": message_id(one), "size": len(one)} for one in messages], **head}
    said = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
    return b"".join([len(said).to_bytes(4, "big"), said, *messages])


def unpack(body: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The head as it was sent (whoever takes it checks its fields) and the ciphertexts, each of the id it claims.

    Raises BundleBroken.
    """
    length = int.from_bytes(body[:4], "big")
    if len(body) < 4 + length or not 2 <= length <= LARGEST_HEAD:
        raise BundleBroken
    head = of_json(body[4 : 4 + length])
    listed = head.get("messages")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise BundleBroken
    messages, place = [], 4 + length
    for one in listed:
        size = one.get("size")
        if type(size) is not int or not 0 < size <= len(body) - place:
            raise BundleBroken
        message = body[place : place + size]
        if one.get("id") != message_id(message):
            raise BundleBroken
        messages.append(message)
        place += size
    if place != len(body):
        raise BundleBroken
    return head, messages


def of_json(text: bytes) -> dict[str, Any]:
    """A JSON object; raises BundleBroken on anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BundleBroken from None
    if not isinstance(found, dict):
        raise BundleBroken
    return found

"""Signatures and sealed envelopes of the platform, written apart from the product's own codec.

Source: platform pages 消息推送 (message-push) and 消息加解密说明.
"""

import base64
import binascii
import hashlib
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
KEY_LENGTH = 43
PREFIX = 16


class Unopenable(Exception):
    """A sealed text cannot be opened; the message is a sentence saying why."""


def signature(*parts: str) -> str:
    """The sha1 over the sorted parts, in hex."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


class Sealer:
    """Seals and opens messages with one EncodingAESKey."""

    def __init__(self, encoding_aes_key: str) -> None:
        if len(encoding_aes_key) != KEY_LENGTH:
            raise ValueError(f"an EncodingAESKey has {KEY_LENGTH} characters")
        self._key = base64.b64decode(encoding_aes_key + "=")

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))

    def seal(self, message: bytes, app_id: str) -> str:
        """The base64 text of random(16) + length(4) + message + app_id, padded to 32 bytes."""
        clear = os.urandom(PREFIX) + struct.pack(">I", len(message)) + message + app_id.encode()
        pad = BLOCK - len(clear) % BLOCK
        clear += bytes([pad]) * pad
        worker = self._cipher().encryptor()
        return base64.b64encode(worker.update(clear) + worker.finalize()).decode()

    def open(self, sealed: str) -> tuple[bytes, str]:
        """The message and the app id that a sealed text carries; raises Unopenable."""
        try:
            raw = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Unopenable("Encrypt is not base64") from error
        if not raw or len(raw) % BLOCK:
            raise Unopenable("Encrypt is not a whole number of 32-byte blocks")
        worker = self._cipher().decryptor()
        clear = worker.update(raw) + worker.finalize()
        pad = clear[-1]
        if not 1 <= pad <= BLOCK or clear[-pad:] != bytes([pad]) * pad:
            raise Unopenable("the padding is wrong (another key, or not padded to 32 bytes)")
        clear = clear[:-pad]
        start = PREFIX + 4
        if len(clear) < start:
            raise Unopenable("the envelope is too short")
        (length,) = struct.unpack(">I", clear[PREFIX:start])
        if start + length > len(clear):
            raise Unopenable("the length field points beyond the envelope")
        tail = clear[start + length :]
        return clear[start : start + length], tail.decode("utf-8", "replace")

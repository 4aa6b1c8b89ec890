"""Encrypts what a ledger must keep but an export without accounts must not show.

The key is the ledger's salt, which only exports with accounts contain. The entry itself stays
public: it is hashed and checked like any other, and nobody has to trust what is hidden in it. A
merge decrypts with the old salt and encrypts with the new one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets

import msgspec

NONCE_BYTES = 16


def nonce() -> bytes:
    """Return random bytes that keep equal values from looking equal, and from being guessed."""
    return secrets.token_bytes(NONCE_BYTES)


def encrypted(value: object, salt: bytes) -> str:
    """Encrypt a JSON value."""
    data, start = json.dumps(value, separators=(",", ":")).encode(), nonce()
    return base64.b64encode(start + _masked(data, salt, start)).decode()


def decrypted(text: object, salt: bytes) -> object:
    """Return the JSON value that was encrypted; raises MsgspecError if `text` is not one."""
    try:
        data = base64.b64decode(str(text), validate=True)
    except ValueError as error:
        raise msgspec.DecodeError("it is not Base64") from error
    start, rest = data[:NONCE_BYTES], data[NONCE_BYTES:]
    return msgspec.json.decode(_masked(rest, salt, start))


def _masked(data: bytes, salt: bytes, start: bytes) -> bytes:
    """Combine data with a key stream by XOR; the same again takes it off."""
    stream = hashlib.shake_256(salt + start).digest(len(data))
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")
    return mixed.to_bytes(len(data), "big")

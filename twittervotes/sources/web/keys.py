"""What ballot boxes derive from their shared secret: voters, receipts, keys and codes.

Boxes with the same secret agree on all of these without communicating, so the same code is the same
voter at each of them, and a ballot that is sent again to another box is the same ballot. Every
value is an HMAC-SHA256 (RFC 2104, https://www.rfc-editor.org/rfc/rfc2104) with a separate key per
purpose. Without the secret, nobody can match a voter to a code, or a ballot to a receipt.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Final, Literal

from twittervotes.core import atomic_file
from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
LENGTH: Final = 12  # characters of a receipt or a code
KEY_LENGTH: Final = 24  # characters of a key in a ledger
CHECK_BITS, NUMBER_BITS = 40, 20  # of a code: a guess succeeds once in 2^40
MOST_CODES: Final = (1 << NUMBER_BITS) - 1
SECRET_BYTES: Final = 32
MOST_BYTES: Final = 1024  # of a file with a secret

Level = Literal["open", "code"]


class Keys:
    """Derives everything from one secret."""

    def __init__(self, secret: bytes) -> None:
        self._voters = _Mac(_purpose(secret, "voters"))
        self._receipts = _Mac(_purpose(secret, "receipts"))
        self._codes = _Mac(_purpose(secret, "codes"))
        self._forms = _Mac(_purpose(secret, "forms"))
        self.ledger_key = _purpose(secret, "keys")
        self._keys = _Mac(self.ledger_key)
        self.feed_token = _purpose(secret, "feed").hex()

    def voter(self, level: Level, who: str) -> str:
        """Return the voter for a browser's cookie or a code."""
        return f"{level}:{_text(self._voters.of(f'{level}:{who}'), 26)}"

    def receipt(self, voter: str, retry: str, tag: str) -> str:
        """Return the receipt of a ballot: the same for the same attempt to cast it."""
        return _grouped(_text(self._receipts.of(f"{voter}\n{retry}\n{tag}"), LENGTH))

    def key(self, receipt: str) -> str:
        """Return the key under which a ledger stores the ballot with this receipt."""
        return _text(self._keys.of(receipt), KEY_LENGTH)

    def form(self, cookie: str) -> str:
        """Return the token that a form made for this cookie must send back."""
        return _text(self._forms.of(cookie), 26)

    def code(self, number: int) -> str:
        """Return the one-time code with this number, from 1 to MOST_CODES."""
        if not 1 <= number <= MOST_CODES:
            raise ValueError(f"must be from 1 to {MOST_CODES}")
        check = self._check(number)
        hidden = number ^ self._mask(check)
        return _grouped(_symbols(check << NUMBER_BITS | hidden))

    def is_code(self, code: str) -> bool:
        """Return whether a code, normalised by `typed`, is one of ours."""
        if len(code) != LENGTH + 2:
            return False
        value = int(code.replace("-", "").translate(_DIGITS), 32)
        check, hidden = value >> NUMBER_BITS, value & MOST_CODES
        number = hidden ^ self._mask(check)
        return number > 0 and hmac.compare_digest(str(self._check(number)), str(check))

    def _check(self, number: int) -> int:
        mac = self._codes.of(f"check {number}")
        return int.from_bytes(mac[: CHECK_BITS // 8])

    def _mask(self, check: int) -> int:
        return int.from_bytes(self._codes.of(f"mask {check}")[:4]) & MOST_CODES


def key_of(receipt: str, ledger_key: bytes) -> str:
    """Return the key under which a ledger stores the ballot with this receipt."""
    return _text(_Mac(ledger_key).of(receipt), KEY_LENGTH)


def typed(text: str) -> str:
    """Return the receipt or code that a user typed, as it was printed; "" if it is neither."""
    signs = _PARTING.sub("", text[:100]).upper().translate(_ALIKE)
    return _grouped(signs) if _SIGNS.fullmatch(signs) else ""


def load(path: Path) -> Keys:
    """Return the keys from the secret in a file; create the file if necessary.

    Raises:
        ConfigError: The file can't be read or written, or contains no secret.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("ascii", "replace").strip()
    except FileNotFoundError:
        text = secrets.token_hex(SECRET_BYTES)
        renew(path, text)
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}.") from error
    if not re.fullmatch(f"[0-9a-f]{{{2 * SECRET_BYTES}}}", text):
        raise ConfigError(
            f"{path} holds no secret of ballot boxes. Name another file under web.keys."
        )
    return Keys(bytes.fromhex(text))


def renew(path: Path, text: str = "") -> None:
    """Write a new secret, which invalidates the codes printed before."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        line = f"{text or secrets.token_hex(SECRET_BYTES)}\n"
        atomic_file.write(path, line.encode(), private=True)
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}.") from error


def _purpose(secret: bytes, name: str) -> bytes:
    return hmac.digest(secret, f"twittervotes ballots: {name}".encode(), "sha256")


class _Mac:
    """HMAC-SHA256 with one key, hashed in advance: a ballot needs five, and they take half as long.

    The key has 64 bytes at most.
    """

    def __init__(self, key: bytes) -> None:
        block = key.ljust(hashlib.sha256().block_size, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def of(self, text: str) -> bytes:
        """Return the code of `text`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(text.encode("utf-8", "surrogatepass"))
        outer.update(inner.digest())
        return outer.digest()


def _text(mac: bytes, length: int) -> str:
    """Return the first characters of a hash, an even number, in our alphabet."""
    value, first = int.from_bytes(mac), 8 * len(mac) - 10
    shifts = range(first, first - 5 * length, -10)
    return "".join([_PAIRS[value >> shift & 1023] for shift in shifts])


def _symbols(value: int) -> str:
    """Return a 60-bit number in our alphabet."""
    return "".join(ALPHABET[value >> shift & 31] for shift in range(5 * LENGTH - 5, -1, -5))


def _grouped(signs: str) -> str:
    return f"{signs[:4]}-{signs[4:8]}-{signs[8:]}"


_PARTING: Final = re.compile(r"[\s-]")
_SIGNS: Final = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_DIGITS: Final = str.maketrans(ALPHABET, "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_PAIRS: Final = [first + second for first in ALPHABET for second in ALPHABET]
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})

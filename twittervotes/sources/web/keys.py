"""What ballot boxes derive from their shared secret: voters, receipts, keys and codes.

Boxes with the same secret agree on all of these without communicating, so the same code is the same
voter at each of them, and a ballot that is sent again to another box is the same ballot. Every
value is an HMAC-SHA256 (RFC 2104, https://www.rfc-editor.org/rfc/rfc2104) with a separate key per
purpose. Without the secret, nobody can match a voter to a code, or a ballot to a receipt.
"""

from __future__ import annotations

import base64
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
CHECK_BITS, NUMBER_BITS = 40, 20  # of a code: a guess succeeds once in 2^40
MOST_CODES: Final = (1 << NUMBER_BITS) - 1
SECRET_BYTES: Final = 32
MOST_BYTES: Final = 1024  # of a file with a secret

Level = Literal["open", "code"]


class Keys:
    """Derives everything from one secret."""

    def __init__(self, secret: bytes) -> None:
        self._voters = _purpose(secret, "voters")
        self._receipts = _purpose(secret, "receipts")
        self._codes = _purpose(secret, "codes")
        self._forms = _purpose(secret, "forms")
        self.ledger_key = _purpose(secret, "keys")
        self.feed_token = _purpose(secret, "feed").hex()

    def voter(self, level: Level, who: str) -> str:
        """Return the voter for a browser's cookie or a code."""
        return f"{level}:{_text(_mac(self._voters, f'{level}:{who}'), 26)}"

    def receipt(self, voter: str, retry: str, tag: str) -> str:
        """Return the receipt of a ballot: the same for the same attempt to cast it."""
        return _grouped(_text(_mac(self._receipts, f"{voter}\n{retry}\n{tag}"), LENGTH))

    def key(self, receipt: str) -> str:
        """Return the key under which a ledger stores the ballot with this receipt."""
        return key_of(receipt, self.ledger_key)

    def form(self, cookie: str) -> str:
        """Return the token that a form made for this cookie must send back."""
        return _text(_mac(self._forms, cookie), 26)

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
        mac = _mac(self._codes, f"check {number}")
        return int.from_bytes(mac[: CHECK_BITS // 8])

    def _mask(self, check: int) -> int:
        return int.from_bytes(_mac(self._codes, f"mask {check}")[:4]) & MOST_CODES


def key_of(receipt: str, ledger_key: bytes) -> str:
    """Return the key under which a ledger stores the ballot with this receipt."""
    return _text(_mac(ledger_key, receipt), 24)


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


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")


def _text(mac: bytes, length: int) -> str:
    """Return the first characters of a hash, in our alphabet."""
    return base64.b32encode(mac).decode()[:length].translate(_OURS)


def _symbols(value: int) -> str:
    """Return a 60-bit number in our alphabet."""
    return "".join(ALPHABET[value >> shift & 31] for shift in range(5 * LENGTH - 5, -1, -5))


def _grouped(signs: str) -> str:
    return f"{signs[:4]}-{signs[4:8]}-{signs[8:]}"


_PARTING: Final = re.compile(r"[\s-]")
_SIGNS: Final = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")
_DIGITS: Final = str.maketrans(ALPHABET, "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_OURS: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET)
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})

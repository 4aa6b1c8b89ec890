"""What boxes derive from their secret: codes, voters, receipts and keys."""

from __future__ import annotations

import base64
import hmac
import secrets
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twittervotes.core.errors import ConfigError
from twittervotes.sources.web import keys
from twittervotes.sources.web.keys import ALPHABET, MOST_CODES, Keys, typed

KEYS, OTHERS = Keys(b"a" * 32), Keys(b"b" * 32)


@given(st.integers(1, MOST_CODES))
def test_a_code_is_known_by_boxes_with_the_secret_alone(number: int) -> None:
    code = KEYS.code(number)
    assert typed(code) == code
    assert KEYS.is_code(code)
    assert Keys(b"a" * 32).is_code(code)
    assert not OTHERS.is_code(code)


@given(st.integers(1, MOST_CODES), st.integers(0, 11), st.sampled_from(ALPHABET))
def test_a_code_with_a_wrong_sign_is_no_code(number: int, place: int, sign: str) -> None:
    signs = list(KEYS.code(number).replace("-", ""))
    is_same = signs[place] == sign
    signs[place] = sign
    assert KEYS.is_code(typed("".join(signs))) == is_same


def test_codes_differ_and_do_not_tell_their_number() -> None:
    codes = [KEYS.code(number) for number in range(1, 2001)]
    assert len(set(codes)) == 2000
    assert len({code[-4:] for code in codes}) > 1900


@pytest.mark.parametrize("number", [0, -1, MOST_CODES + 1])
def test_numbers_without_a_code_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="from 1 to"):
        KEYS.code(number)


@given(st.text(max_size=120))
def test_any_input_is_a_canonical_code_or_nothing(text: str) -> None:
    found = typed(text)
    assert found == "" or (len(found) == 14 and typed(found) == found)
    assert not KEYS.is_code(found) or found in {KEYS.code(n) for n in range(1, 100)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("k7qf2m9dx4tr", "K7QF-2M9D-X4TR"),
        (" k7qf 2m9d x4tr\n", "K7QF-2M9D-X4TR"),
        ("oili-0000-0000", "0111-0000-0000"),
        ("K7QF-2M9D-X4T", ""),
        ("K7QF-2M9D-X4TR-0", ""),
        ("", ""),
    ],
)
def test_a_code_is_read_as_people_type_it(written: str, meant: str) -> None:
    assert typed(written) == meant


@given(st.text(max_size=40), st.text(max_size=40))
def test_voters_of_different_levels_or_secrets_are_never_the_same(one: str, two: str) -> None:
    voters = {KEYS.voter("open", one), KEYS.voter("code", one), OTHERS.voter("open", one)}
    assert len(voters) == 3
    assert (KEYS.voter("open", one) == KEYS.voter("open", two)) == (one == two)


def test_a_receipt_identifies_an_attempt() -> None:
    receipt = KEYS.receipt("code:v", "retry", "debian")
    assert receipt == KEYS.receipt("code:v", "retry", "debian") == typed(receipt)
    others = {
        KEYS.receipt("code:w", "retry", "debian"),
        KEYS.receipt("code:v", "again", "debian"),
        KEYS.receipt("code:v", "retry", "arch"),
        OTHERS.receipt("code:v", "retry", "debian"),
    }
    assert receipt not in others
    assert len(others) == 4
    assert keys.key_of(receipt, KEYS.ledger_key) == KEYS.key(receipt)
    assert OTHERS.key(receipt) != KEYS.key(receipt)


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ballots.key"
    made = keys.load(path)
    assert keys.load(path).code(1) == made.code(1)
    assert path.stat().st_mode & 0o077 == 0
    keys.renew(path)
    assert not keys.load(path).is_code(made.code(1))


@pytest.mark.parametrize("text", ["", "short", "g" * 64, "a" * 5000])
def test_a_file_without_a_secret_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ballots.key"
    path.write_text(text)
    with pytest.raises(ConfigError, match="holds no secret of ballot boxes"):
        keys.load(path)
    assert path.read_text() == text


def test_guessing_finds_no_code() -> None:
    guesses = ("".join(secrets.choice(ALPHABET) for _ in range(12)) for _ in range(20_000))
    assert not any(KEYS.is_code(typed(guess)) for guess in guesses)


@given(st.text(max_size=80), st.integers(1, MOST_CODES))
def test_all_values_are_those_of_the_standard_library(text: str, number: int) -> None:
    """Printed codes, and keys in ledgers, must stay what they were."""

    def mac(purpose: str, said: str) -> bytes:
        key = hmac.digest(b"a" * 32, f"twittervotes ballots: {purpose}".encode(), "sha256")
        return hmac.digest(key, said.encode("utf-8", "surrogatepass"), "sha256")

    def signs(found: bytes, length: int) -> str:
        usual = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
        return base64.b32encode(found).decode()[:length].translate(str.maketrans(usual, ALPHABET))

    voter = f"open:{signs(mac('voters', f'open:{text}'), 26)}"
    receipt = signs(mac("receipts", f"{voter}\n{text}\narch"), 12)
    assert KEYS.voter("open", text) == voter
    assert KEYS.receipt(voter, text, "arch").replace("-", "") == receipt
    assert KEYS.key(text) == keys.key_of(text, KEYS.ledger_key) == signs(mac("keys", text), 24)
    assert KEYS.form(text) == signs(mac("forms", text), 26)
    check = int.from_bytes(mac("codes", f"check {number}")[:5])
    hidden = number ^ int.from_bytes(mac("codes", f"mask {check}")[:4]) & MOST_CODES
    digits = str.maketrans(ALPHABET, "0123456789ABCDEFGHIJKLMNOPQRSTUV")
    code = KEYS.code(number).replace("-", "").translate(digits)
    assert int(code, 32) == check << 20 | hidden

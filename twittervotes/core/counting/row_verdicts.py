"""The verdict on every post of a ledger, in the order of its rows, for exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twittervotes.core.contest.columns import SEAL_BYTES
from twittervotes.core.contest.posts import Verdict
from twittervotes.core.counting.opinions import VERDICTS, CastNumbers, Codes, Opinions
from twittervotes.core.counting.parallel import Passed, note_verdicts
from twittervotes.core.counting.verdicts import Judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twittervotes.core.ledger.batch import Numbers
    from twittervotes.core.ledger.reader import Reader
    from twittervotes.core.ledger.versions import RowNumbers

SUPERSEDED: Final = 255  # the code of a superseded row
NEVER: Final = np.iinfo(np.int64).min


class RowVerdicts:
    """The verdicts on all posts of `reader`, computed on construction; reports to `passed`."""

    def __init__(self, reader: Reader, passed: Passed | None = None) -> None:
        self._reader = reader
        self._opinions = Opinions(reader.contest, reader.salt)
        self._codes = np.full(reader.posts + 1, SUPERSEDED, np.uint8)
        self._casts = np.zeros(reader.posts + 1, np.uint32)
        self._earlier = np.full(reader.posts + 1, NEVER, np.int64)
        note_verdicts(reader, self._opinions, self, passed)

    def verdicts(self, numbers: RowNumbers, codes: Codes, casts: CastNumbers) -> None:
        """Store the verdicts and casts of these rows; later ones replace earlier ones."""
        self._codes[numbers] = codes
        self._casts[numbers] = casts

    def earlier(self, numbers: RowNumbers, times: Numbers) -> None:
        """Store, for each of these rows, when the vote that counts instead was posted."""
        self._earlier[numbers] = times

    def rows(self) -> Iterator[tuple[Judged, str, int | None]]:
        """Yield the current version of every post with its verdict and its account's seal, in hex.

        A repeat comes with the time of the earlier vote that counts, if the rules count the first
        one.
        """
        casts = [cast.choices for cast in self._opinions.casts]
        for _, first, page in self._reader.pages():
            rows = slice(first, first + page.size)
            for post, code, cast, counted_ms, place in zip(
                page.posts(),
                self._codes[rows].tolist(),
                self._casts[rows].tolist(),
                self._earlier[rows].tolist(),
                range(0, len(page.seals), SEAL_BYTES),
                strict=True,
            ):
                if code == SUPERSEDED:
                    continue
                verdict = VERDICTS[code]
                choices = casts[cast] if verdict is Verdict.COUNTED else ()
                yield (
                    Judged(post, verdict, choices),
                    page.seals[place : place + SEAL_BYTES].hex(),
                    None if counted_ms == NEVER else counted_ms,
                )

"""Judges the posts of a batch individually, as arrays.

Whether a post may count depends on its tag set, its time, its account and the account's age. Each
tag set is judged once for all posts that share it; the rest is comparing numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from twittervotes.core.contest.columns import SEAL_BYTES, sealed
from twittervotes.core.contest.judge import Judge
from twittervotes.core.contest.posts import Verdict

if TYPE_CHECKING:
    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.ledger.batch import PostBatch, Words

VERDICTS: Final = tuple(Verdict)
CODES: Final = {verdict: code for code, verdict in enumerate(VERDICTS)}
COUNTED: Final = CODES[Verdict.COUNTED]
KNOWN_TAG_SETS: Final = 20_000  # tag sets in the cache; an audience uses few

Codes = npt.NDArray[np.uint8]
CastNumbers = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class CastVote:
    """What a post would cast: its network, and the choices that it names, in order."""

    network: str
    choices: tuple[int, ...]


NO_CAST: Final = CastVote("", ())


class Opinions:
    """Judges the posts of batches under one contest.

    `casts` are the distinct casts so far; the first is that of a post that may not count.
    """

    def __init__(self, contest: Contest, salt: bytes, casts: list[CastVote] | None = None) -> None:
        """Judge by `contest`; with the `casts` of another judge, they keep their numbers."""
        self.casts = [NO_CAST] if casts is None else casts
        self._numbers = {cast: number for number, cast in enumerate(self.casts)}
        self._judge = Judge(contest)
        self._min_age_ms = contest.rules.min_account_age_s * 1000
        self._excluded = contest.rules.exclude
        self._salt = salt
        self._seals: dict[frozenset[str], tuple[Words, frozenset[bytes]]] = {}
        self._known: dict[bytes, tuple[int, int, int]] = {}
        starts = sorted(self._judge.turns())
        self._turns = np.array(starts, np.int64)
        untimely = map(self._judge.untimely, (starts[0] - 1, *starts))
        self._untimely = np.array([CODES[each or Verdict.COUNTED] for each in untimely], np.uint8)

    def of(self, batch: PostBatch) -> tuple[Codes, CastNumbers]:
        """Return, for each post, the code of its verdict and the number of its cast.

        A post that may count has the code COUNTED, even if another one of its account counts
        instead. For any other post the number is 0.
        """
        judged = [self._of_tag_set(each) for each in batch.tag_sets] or [(COUNTED, COUNTED, 0)]
        kinds, codes, casts = (
            np.array(each)[batch.tag_set_index] for each in zip(*judged, strict=True)
        )
        codes = codes.astype(np.uint8)
        if self._min_age_ms:
            is_young = (batch.births != 0) & (batch.times - batch.births < self._min_age_ms)
            codes[(codes == COUNTED) & is_young] = CODES[Verdict.YOUNG]
        untimely = self._untimely[np.searchsorted(self._turns, batch.times, "right")]
        for overruling in (untimely, kinds):
            codes = np.where(overruling == COUNTED, codes, overruling)
        codes = codes.astype(np.uint8)
        if self._excluded:
            codes[self._is_excluded(batch)] = CODES[Verdict.EXCLUDED]
        return codes, np.where(codes == COUNTED, casts, 0).astype(np.uint32)

    def number_of(self, cast: CastVote) -> int:
        """Return the number of a cast; a new one gets the next number."""
        number = self._numbers.setdefault(cast, len(self.casts))
        if number == len(self.casts):
            self.casts.append(cast)
        return number

    def _of_tag_set(self, tag_set: bytes) -> tuple[int, int, int]:
        """Return the codes for the kind and for the tags, and the number of the cast."""
        found = self._known.get(tag_set)
        if found is None:
            network, kind, tags = tag_set.decode().split("\t")
            by_kind = self._judge.of_kind(network, kind, tags) or Verdict.COUNTED
            verdict, choices = self._judge.of_tags(network, tags)
            cast = CastVote(network, choices) if choices else NO_CAST
            found = CODES[by_kind], CODES[verdict], self.number_of(cast)
            if len(self._known) >= KNOWN_TAG_SETS:
                self._known.clear()
            self._known[tag_set] = found
        return found

    def _is_excluded(self, batch: PostBatch) -> npt.NDArray[np.bool_]:
        networks = frozenset(each.partition(b"\t")[0].decode() for each in batch.tag_sets)
        if networks not in self._seals:
            names = [f"{net}:{name}" for net in networks for name in self._excluded]
            seals = sealed([*self._excluded, *names], self._salt)
            whole = frozenset(
                seals[at : at + SEAL_BYTES] for at in range(0, len(seals), SEAL_BYTES)
            )
            self._seals[networks] = np.unique(np.frombuffer(seals, "<u8")[::2]), whole
        halves, whole = self._seals[networks]
        is_excluded = np.isin(batch.seals[:, 0], halves)
        for place in np.flatnonzero(is_excluded).tolist():
            is_excluded[place] = batch.seals[place].tobytes() in whole
        return is_excluded

"""Exports of a ledger: the result, the votes, a report to read, the results pack.

Each is made from a `Reader` alone, and its file is written completely or not at all. Knows neither
networks nor views. Accounts are named only on request; otherwise seals replace them.
"""

from __future__ import annotations

from twittervotes.export.formats import KINDS as KINDS
from twittervotes.export.formats import export as export

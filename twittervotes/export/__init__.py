"""What is given out of a ledger: the result, the votes, a report that people read, the whole pack.

Each is made from a `Reader` alone, and written to its file as a whole or not at all. Knows neither
networks nor views. Accounts are named only where that is asked for; else a seal stands for each.
"""

from __future__ import annotations

from twittervotes.export.formats import KINDS as KINDS
from twittervotes.export.formats import export as export

"""The errors that may leave a package, as one small tree.

Expected network trouble is data (`posts.Failed`); these errors end a command with one sentence and
exit code 2.

    TwittervotesError
    ├── ConfigError     the configuration or the command line is invalid
    ├── ContestError    choices or rules that contradict each other
    ├── LedgerError     a ledger that can't be read or written
    │   ├── LedgerBusyError  another program is counting into this ledger
    │   └── NoRoomError      the disk is full, or a limit on files is reached
    ├── OutputError     output that can't be written, e.g. because the disk is full
    └── SignInError     the browser sign-in was not completed

Every error takes only positional strings, because it must survive pickling between processes.
"""


class TwittervotesError(Exception):
    """Base of all errors of this program; `str()` of it is a sentence for the operator."""


class ConfigError(TwittervotesError):
    """The configuration or the command line is invalid."""


class ContestError(TwittervotesError):
    """Choices or rules that contradict each other."""


class LedgerError(TwittervotesError):
    """A ledger that can't be read or written."""


class LedgerBusyError(LedgerError):
    """Another program is counting into this ledger."""


class NoRoomError(LedgerError):
    """A ledger that can't grow: the disk is full, or a limit on files is reached."""


class OutputError(TwittervotesError):
    """Output that can't be written, e.g. because the disk is full."""


class SignInError(TwittervotesError):
    """The browser sign-in was not completed."""

"""The errors that may leave a room, drawn as one small tree.

Expected trouble of a network is data (`model.Failed`); these are broken promises that end a
command with one sentence and exit code 2.

    TwittervotesError
    ├── ConfigError     the configuration or the command line cannot be used
    ├── ContestError    choices or rules that contradict each other
    ├── LedgerError     a ledger that cannot be read or written
    │   ├── LedgerBusyError  another program is counting into this ledger
    │   └── NoRoomError      the disk is full, or a limit on files is reached
    ├── OutputError     what is told cannot be written to where it should go
    └── SignInError     the browser sign-in did not come to an end

Every error takes positional strings only, because it must survive pickling between processes.
"""


class TwittervotesError(Exception):
    """Anything this program refuses to go on with; `str()` of it is a sentence for the operator."""


class ConfigError(TwittervotesError):
    """The configuration or the command line cannot be used."""


class ContestError(TwittervotesError):
    """Choices or rules that contradict each other."""


class LedgerError(TwittervotesError):
    """A ledger that cannot be read or written."""


class LedgerBusyError(LedgerError):
    """Another program is counting into this ledger."""


class NoRoomError(LedgerError):
    """A ledger that can't grow: the disk is full, or a limit on files is reached."""


class OutputError(TwittervotesError):
    """What is told cannot be written to where it should go."""


class SignInError(TwittervotesError):
    """The browser sign-in did not come to an end."""

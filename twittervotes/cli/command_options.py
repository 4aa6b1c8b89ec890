"""The options of each command; `cli.command_parser` parses them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from twittervotes.core.contest.acts import Act


@dataclass(frozen=True, slots=True)
class RecountOptions:
    """What `recount` is given."""

    file: Path
    rule: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    json: bool = False


@dataclass(frozen=True, slots=True)
class TallyOptions:
    """What `tally` is given; a file that is a text is the address of a Kafka topic."""

    files: tuple[Path | str, ...]
    engine: str = "duckdb"
    master: str = "local[*]"
    kafka_config: Path | None = None
    rule: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    json: bool = False


@dataclass(frozen=True, slots=True)
class EventsOptions:
    """What `events` is given."""

    file: Path
    to: str
    first: int = 1
    kafka_config: Path | None = None


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """What `verify` is given."""

    file: Path
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """What `explain` is given."""

    file: Path
    wanted: str


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """What `completion` is given."""

    shell: str


@dataclass(frozen=True, slots=True)
class MergeOptions:
    """What `merge` is given."""

    out: Path
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class UpgradeOptions:
    """What `upgrade` is given."""

    old: Path
    new: Path


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What `export` is given."""

    file: Path
    to: Path
    with_accounts: bool = False


@dataclass(frozen=True, slots=True)
class ActOptions:
    """An act to do, without its time; choices are as the user typed them."""

    file: Path
    act: Act


@dataclass(frozen=True, slots=True)
class ResultOptions:
    """What `result` is given."""

    file: Path


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What `import` is given."""

    files: tuple[Path, ...]
    ledger: Path
    hashtags: tuple[str, ...] = ()
    title: str | None = None
    rule: tuple[tuple[str, str], ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class SourcesOptions:
    """What `sources` is given."""

    json: bool = False
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class DoctorOptions:
    """What `doctor` is given."""

    config: Path | None = None


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """What `compare` is given."""

    file: Path
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class BoardOptions:
    """What `board` is given."""

    file: Path | None = None
    rehearsal: bool = False
    open: bool = False
    mirror: str | None = None
    host: str = "127.0.0.1"
    port: int = 8080
    name: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    max_viewers: int = 5000
    lookups: bool = False
    files: Path | None = None


@dataclass(frozen=True, slots=True)
class CodesOptions:
    """What `codes` is given."""

    to: Path
    number: int = 100
    first: int = 1
    new: bool = False
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class BoxOptions:
    """What `box` is given."""

    file: Path
    follow: str
    host: str = "127.0.0.1"
    port: int = 8080
    name: str | None = None
    behind: tuple[str, ...] = ()
    keys: Path | None = None


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """What `remote` is given."""

    url: str
    what: str
    slug: str | None = None
    json: bool = False


CommandOptions = (
    RecountOptions
    | TallyOptions
    | EventsOptions
    | VerifyOptions
    | ExplainOptions
    | MergeOptions
    | UpgradeOptions
    | ExportOptions
    | ActOptions
    | ResultOptions
    | ImportOptions
    | SourcesOptions
    | DoctorOptions
    | CompareOptions
    | CompletionOptions
    | BoardOptions
    | CodesOptions
    | BoxOptions
    | RemoteOptions
)

"""The options of each command; `cli.command_parser` parses them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from twittervotes.core.contest.acts import Act


@dataclass(frozen=True, slots=True)
class RecountOptions:
    """The options of `recount`."""

    file: Path
    rule: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    json: bool = False


@dataclass(frozen=True, slots=True)
class TallyOptions:
    """The options of `tally`."""

    files: tuple[Path | str, ...]
    engine: str = "duckdb"
    master: str = "local[*]"
    kafka_config: Path | None = None
    follow: Path | None = None
    rule: tuple[tuple[str, str], ...] = ()
    without: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    json: bool = False


@dataclass(frozen=True, slots=True)
class EventsOptions:
    """The options of `events`."""

    file: Path
    to: str
    first: int = 1
    kafka_config: Path | None = None


@dataclass(frozen=True, slots=True)
class VerifyOptions:
    """The options of `verify`."""

    file: Path
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class ExplainOptions:
    """The options of `explain`."""

    file: Path
    wanted: str


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """The options of `completion`."""

    shell: str


@dataclass(frozen=True, slots=True)
class MergeOptions:
    """The options of `merge`."""

    out: Path
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class UpgradeOptions:
    """The options of `upgrade`."""

    old: Path
    new: Path


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The options of `export`."""

    file: Path
    to: Path
    with_accounts: bool = False


@dataclass(frozen=True, slots=True)
class ActOptions:
    """The act to do, without its time; choices are as the user typed them."""

    file: Path
    act: Act


@dataclass(frozen=True, slots=True)
class ResultOptions:
    """The options of `result`."""

    file: Path


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of `import`."""

    files: tuple[Path, ...]
    ledger: Path
    hashtags: tuple[str, ...] = ()
    title: str | None = None
    rule: tuple[tuple[str, str], ...] = ()
    words: tuple[tuple[str, str], ...] = ()
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class SourcesOptions:
    """The options of `sources`."""

    json: bool = False
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class DoctorOptions:
    """The options of `doctor`."""

    config: Path | None = None


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """The options of `compare`."""

    file: Path
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class BoardOptions:
    """The options of `board`."""

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
    desk: bool = False
    people: Path | None = None


@dataclass(frozen=True, slots=True)
class CodesOptions:
    """The options of `codes`."""

    to: Path
    number: int = 100
    first: int = 1
    new: bool = False
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class BoxOptions:
    """The options of `box`."""

    file: Path
    follow: str
    host: str = "127.0.0.1"
    port: int = 8080
    name: str | None = None
    behind: tuple[str, ...] = ()
    keys: Path | None = None


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """The options of `remote`."""

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

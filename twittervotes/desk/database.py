"""The database of people: its tables, and the connection to it. Alembic creates and changes it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from twittervotes.core.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

HERE: Final = Path(__file__).parent
NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)  # a link could lead to any file

metadata = sa.MetaData()

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("folded", sa.String(400), nullable=False, unique=True),  # the name, for comparison
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("password", sa.String(200), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("ended_ms", sa.BigInteger),
)
members = sa.Table(
    "members",
    metadata,
    sa.Column("person", sa.Integer, sa.ForeignKey("people.id"), primary_key=True),
    sa.Column("contest", sa.String(100), primary_key=True),  # its slug, or * for all
    sa.Column("role", sa.String(20), nullable=False),
)
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("person", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("seen_ms", sa.BigInteger, nullable=False),
)
tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("person", sa.Integer, sa.ForeignKey("people.id"), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),  # api or deck
    sa.Column("contest", sa.String(100), nullable=False),
    sa.Column("ends_ms", sa.BigInteger, nullable=False),
)
invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("contest", sa.String(100), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("ends_ms", sa.BigInteger, nullable=False),
    sa.Column("used_ms", sa.BigInteger),
)
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("who", sa.String(100), nullable=False),
    sa.Column("what", sa.String(40), nullable=False),
    sa.Column("contest", sa.String(100), nullable=False),
    sa.Column("detail", sa.String(400), nullable=False),
)


def opened(path: Path) -> Engine:
    """Open the database in the file `path`, create or upgrade it. Raises ConfigError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | NO_FOLLOW, 0o600))
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ConfigError(f"{path} is open to other users. Run: chmod 600 {path}")
        # A URL would end at a ? in the path, and a file can be named :memory:.
        url = sa.URL.create("sqlite", database=str(path.absolute()))
        engine = sa.create_engine(url, connect_args={"timeout": 10})
        sa.event.listen(engine, "connect", _prepare)
        sa.event.listen(engine, "begin", _begin)
        upgrade(engine)
    except (OSError, sa.exc.SQLAlchemyError, CommandError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"{path} can't be used for the people of the desk: {reason}") from error
    return engine


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Upgrade the database to a revision of its tables."""
    with engine.begin() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Return the database to an earlier revision of its tables."""
    with engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # Python would begin transactions on its own, but none for a change of tables.
    setattr(connection, "isolation_level", None)  # noqa: B010 - not every database has it
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")

"""The tally command: the same count as a recount, by an engine made for many posts."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from twittervotes.commands.events import kafka_place
from twittervotes.commands.progress import progress
from twittervotes.commands.recount import contest_under, write_text
from twittervotes.commands.say import say
from twittervotes.core import atomic_file
from twittervotes.core.counting.result import text
from twittervotes.core.errors import ConfigError
from twittervotes.core.ledger.reader import Reader

if TYPE_CHECKING:
    from twittervotes.cli import command_options
    from twittervotes.core.contest.contest import Contest
    from twittervotes.core.contest.posts import Tally
    from twittervotes.engines.inputs import PostsFile
    from twittervotes.engines.spark_stream import Followed
    from twittervotes.export.vote_facts import VoteFacts

NEEDED = {"duckdb": ("duckdb", "pyarrow"), "spark": ("pyspark", "pyarrow")}


def run(options: command_options.TallyOptions) -> int:
    """Count the posts, and print the result."""
    missing = [name for name in NEEDED[options.engine] if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"The engine needs {' and '.join(missing)}."
            f" Install the extra: pip install 'twittervotes[{options.engine}]'"
        )
    from twittervotes.export import vote_facts

    if options.follow:
        return _follow(options, options.follow)
    # Accounts are named in what is written here, so it is in a folder of the user's own.
    with tempfile.TemporaryDirectory(prefix="twittervotes-") as folder:
        posts = _posts(options, Path(folder))
        contest = _contest(posts.facts, options, is_named=posts.is_named)
        without = options.without
        tally = _counted(options, posts, contest, Path(folder))
        snapshot = vote_facts.snapshot(posts.facts, contest, tally, str(options.files[0]), without)
    if options.json:
        sys.stdout.write(text(snapshot))
    else:
        write_text(snapshot, snapshot, without)
    return 0


def _follow(options: command_options.TallyOptions, out: Path) -> int:
    """Count a folder of exports as they come, until it is interrupted."""
    folder = options.files[0]
    if options.engine != "spark" or options.without or len(options.files) > 1:
        raise ConfigError("--follow takes --engine spark and one folder, and no --without.")
    if isinstance(folder, str) or not folder.is_dir():
        raise ConfigError(f"{folder} isn't a folder. Give the one to which exports are written.")
    from twittervotes.engines import spark_engine, spark_stream
    from twittervotes.export import vote_facts

    def told(found: Followed) -> None:
        facts, contest = found.facts, found.contest
        snapshot = vote_facts.snapshot(facts, contest, found.tally, str(folder))
        atomic_file.write(out, text(snapshot).encode())
        say(f"{found.tally.total:,} votes, up to entry {facts.entries:,}.")

    checkpoint = out.with_name(f"{out.name}-checkpoint")
    stream = spark_stream.FolderStream(
        folder, checkpoint, lambda facts: _contest(facts, options, is_named=False), told
    )
    with spark_engine.session(options.master) as spark:
        stream.run(spark)
    return 0


def _counted(
    options: command_options.TallyOptions, posts: PostsFile, contest: Contest, folder: Path
) -> Tally:
    without, is_named = options.without, posts.is_named
    if options.engine == "duckdb":
        from twittervotes.engines import duckdb_engine

        return duckdb_engine.tally(posts.path, contest, folder, without=without, is_named=is_named)
    from twittervotes.engines import spark_engine

    if folder in posts.path.parents and not spark_engine.is_local(options.master):
        raise ConfigError(
            f"The workers of {options.master} can't read {options.files[0]}. Export the ledger as"
            " posts.parquet to a folder that all of them reach, and count that."
        )
    with spark_engine.session(options.master) as spark:
        return spark_engine.tally(posts.path, contest, spark, without=without, is_named=is_named)


def _posts(options: command_options.TallyOptions, folder: Path) -> PostsFile:
    from twittervotes.engines import inputs
    from twittervotes.export import pack_chain

    topics = [file for file in options.files if isinstance(file, str)]
    files = [file for file in options.files if isinstance(file, Path)]
    tables = [file for file in files if inputs.is_parquet(file)]
    packs = [file for file in files if pack_chain.is_pack(file)]
    for one in (*topics, *tables, *packs):
        if len(options.files) > 1:
            raise ConfigError(
                f"{one} can't be counted together with another file, because its accounts may be"
                " sealed. Give the ledgers."
            )
    if tables:
        return inputs.read(tables[0])
    if packs:
        return inputs.of_given(pack_chain.entries(packs[0]), folder)
    if topics:
        return _of_topic(topics[0], options.kafka_config, folder)
    number = 0
    for file in files:
        with Reader(file) as reader:
            number += reader.posts
    with progress("Reading", number) as passed:
        return inputs.of_ledgers(files, folder / "posts.parquet", passed)


def _of_topic(url: str, config: Path | None, folder: Path) -> PostsFile:
    place = kafka_place(url, config)
    from twittervotes.engines import inputs
    from twittervotes.events import kafka_topic, rebuilding

    events = kafka_topic.bodies(place)
    return inputs.of_given(rebuilding.entries(events, place.topic), folder)


def _contest(facts: VoteFacts, options: command_options.TallyOptions, *, is_named: bool) -> Contest:
    known = sorted(source.name for source in facts.sources)
    for name in options.without:
        if name not in known:
            there = f"Its sources: {', '.join(known)}." if known else "It has none."
            raise ConfigError(f"There is no source {name!r} in {options.files[0]}. {there}")
    if options.exclude and not is_named:
        seals = {*options.exclude}
        if any(len(seal) != 32 or {*seal} - {*"0123456789abcdef"} for seal in seals):
            raise ConfigError(
                f"Accounts are sealed in {options.files[0]}. Exclude them by their seals,"
                " or count the ledger."
            )
    networks = [source.network for source in facts.sources]
    return contest_under(facts.contest, networks, options.rule, options.exclude)

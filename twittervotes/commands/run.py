"""Run one command: import what it needs, and report errors in a sentence."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, assert_never

from twittervotes.cli import command_options
from twittervotes.commands.say import complain, written
from twittervotes.core.errors import TwittervotesError

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.sources.plugin import Registry

STOPPED = 130  # a shell's exit code after Ctrl-C


def run(
    options: command_options.CommandOptions,
    registry: Callable[[], Registry],
    program: str = "twittervotes",
) -> int:
    """Run the command; return the exit code: 0, 1 for a finding, 2 for wrong usage.

    Errors begin with the name of the `program`. `registry` returns what is installed; it is slow,
    and only some commands need it.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = 0
    try:
        with written():
            code = _obey(options, registry)
            sys.stdout.flush()
    except TwittervotesError as error:
        complain(str(error), program)
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; no partial files were left.\n")
        return STOPPED
    return code


def _obey(options: command_options.CommandOptions, registry: Callable[[], Registry]) -> int:
    match options:  # imported on demand: no command waits for what another needs
        case command_options.ResultOptions():
            from twittervotes.commands import result

            return result.run(options)
        case command_options.RecountOptions():
            from twittervotes.commands import recount

            return recount.run(options)
        case command_options.TallyOptions():
            from twittervotes.commands import tally

            return tally.run(options)
        case command_options.EventsOptions():
            from twittervotes.commands import events

            return events.run(options)
        case command_options.ExplainOptions():
            from twittervotes.commands import explain

            return explain.run(options)
        case command_options.VerifyOptions():
            from twittervotes.commands import verify

            return verify.run(options)
        case command_options.ExportOptions():
            from twittervotes.commands import result

            return result.export(options)
        case command_options.UpgradeOptions():
            from twittervotes.commands import upgrade

            return upgrade.run(options)
        case command_options.MergeOptions():
            from twittervotes.commands import merge

            return merge.run(options)
        case command_options.ActOptions():
            from twittervotes.commands import act

            return act.run(options)
        case command_options.ImportOptions():
            from twittervotes.commands import importing

            return importing.run(options, registry())
        case command_options.SourcesOptions():
            from twittervotes.commands import sources

            return sources.run(options, registry())
        case command_options.DoctorOptions():
            from twittervotes.commands import doctor

            return doctor.run(options, registry())
        case command_options.BoardOptions():
            from twittervotes.commands import board

            return board.run(options)
        case command_options.CodesOptions():
            from twittervotes.commands import codes

            return codes.run(options, registry())
        case command_options.BoxOptions():
            from twittervotes.commands import box

            return box.run(options)
        case command_options.RemoteOptions():
            from twittervotes.commands import remote

            return remote.run(options)
        case command_options.CompareOptions():
            from twittervotes.commands import compare

            return compare.run(options, registry())
        case command_options.CompletionOptions():
            from twittervotes.commands import completion

            return completion.run(options, registry())
        case _:
            assert_never(options)

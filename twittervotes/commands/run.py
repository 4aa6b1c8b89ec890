"""Run one command: import what it needs, and report errors in a sentence."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, assert_never

from twittervotes.cli import command_options as order
from twittervotes.commands.say import complain, written
from twittervotes.core.errors import TwittervotesError

if TYPE_CHECKING:
    from collections.abc import Callable

    from twittervotes.sources.plugin import Registry

STOPPED = 130  # a shell's exit code after Ctrl-C


def run(
    ordered: order.CommandOptions, registry: Callable[[], Registry], program: str = "twittervotes"
) -> int:
    """Run the command; return the exit code: 0, 1 for a finding, 2 for wrong usage.

    Errors begin with the name of the `program`. `registry` returns what is installed; it is slow,
    and only some commands need it.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = 0
    try:
        with written():
            code = _obey(ordered, registry)
            sys.stdout.flush()
    except TwittervotesError as error:
        complain(str(error), program)
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; no partial files were left.\n")
        return STOPPED
    return code


def _obey(ordered: order.CommandOptions, registry: Callable[[], Registry]) -> int:
    match ordered:  # imported on demand: no command waits for what another needs
        case order.ResultOptions():
            from twittervotes.commands import result

            return result.run(ordered)
        case order.RecountOptions():
            from twittervotes.commands import recount

            return recount.run(ordered)
        case order.TallyOptions():
            from twittervotes.commands import tally

            return tally.run(ordered)
        case order.EventsOptions():
            from twittervotes.commands import events

            return events.run(ordered)
        case order.ExplainOptions():
            from twittervotes.commands import explain

            return explain.run(ordered)
        case order.VerifyOptions():
            from twittervotes.commands import verify

            return verify.run(ordered)
        case order.ExportOptions():
            from twittervotes.commands import result

            return result.export(ordered)
        case order.UpgradeOptions():
            from twittervotes.commands import upgrade

            return upgrade.run(ordered)
        case order.MergeOptions():
            from twittervotes.commands import merge

            return merge.run(ordered)
        case order.ActOptions():
            from twittervotes.commands import act

            return act.run(ordered)
        case order.ImportOptions():
            from twittervotes.commands import importing

            return importing.run(ordered, registry())
        case order.SourcesOptions():
            from twittervotes.commands import sources

            return sources.run(ordered, registry())
        case order.DoctorOptions():
            from twittervotes.commands import doctor

            return doctor.run(ordered, registry())
        case order.BoardOptions():
            from twittervotes.commands import board

            return board.run(ordered)
        case order.CodesOptions():
            from twittervotes.commands import codes

            return codes.run(ordered, registry())
        case order.BoxOptions():
            from twittervotes.commands import box

            return box.run(ordered)
        case order.RemoteOptions():
            from twittervotes.commands import remote

            return remote.run(ordered)
        case order.CompareOptions():
            from twittervotes.commands import compare

            return compare.run(ordered, registry())
        case order.CompletionOptions():
            from twittervotes.commands import completion

            return completion.run(ordered, registry())
        case _:
            assert_never(ordered)

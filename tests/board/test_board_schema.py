"""The API against its own OpenAPI document: every response is one that it describes."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
import schemathesis
from board_votes import document, ledger, write
from hypothesis import HealthCheck, Phase, given, settings
from patience import PATIENCE_S
from schemathesis.core.result import Ok
from serving import Start, known

from twittervotes.core.contest.snapshot import State

EXAMPLES = 50  # requests of each operation


@pytest.fixture
def url(tmp_path: Path, serve: Start) -> str:
    write(ledger(tmp_path / "show.votes", settled=False), document(3, 2, 1))
    write(ledger(tmp_path / "over.votes"), document(2, 0, 1, state=State.PROVISIONAL))
    url = serve(tmp_path)
    for slug in ("show", "over"):
        known(url, slug).close()
    return url


def test_every_answer_is_one_that_the_document_describes(url: str) -> None:
    # A stream never ends by itself; test_board.py reads it.
    schema = schemathesis.openapi.from_url(f"{url}/v1/openapi.json").exclude(path_regex="/stream$")
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert len(found) > 10
    with requests.Session() as session:
        for operation in found:

            @settings(
                max_examples=EXAMPLES,
                derandomize=True,
                database=None,
                deadline=None,
                phases=(Phase.explicit, Phase.generate),
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def answered(case: schemathesis.Case) -> None:
                if "slug" in case.path_parameters:
                    case.path_parameters["slug"] = "over"
                case.call_and_validate(session=session, timeout=PATIENCE_S)

            answered()

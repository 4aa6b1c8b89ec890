"""The desk's API against its OpenAPI document, as a stranger and with each role."""

from __future__ import annotations

import pytest
import requests
import schemathesis
from desks import Desk, User, person
from hypothesis import HealthCheck, Phase, given, settings
from patience import PATIENCE_S
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance

from twittervotes.desk.roles import EVERY, Role
from twittervotes.desk.routes import PATHS

EXAMPLES = 20  # requests of each operation


@pytest.mark.parametrize("role", ["nobody", *Role])
def test_every_answer_of_the_desk_is_one_that_the_document_describes(role: str, desk: Desk) -> None:
    schema = schemathesis.openapi.from_url(f"{desk.url}/v1/openapi.json")
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    found = [
        each
        for each in operations
        if PATHS.fullmatch(each.path.replace("{number}", "9").replace("{action}", "show"))
        and each.path != "/v1/session"
        and (each.method.upper(), each.path[-5:]) != ("GET", "/acts")  # for everyone
    ]
    assert len(found) > 9
    name = f"schema {role}"
    if role != "nobody":
        contest = EVERY if role == "administrator" else "show"
        person(desk.file, name, Role(role), contest)
    user = User(desk, name if role != "nobody" else "")
    user.session.headers.update({"origin": desk.url, "x-csrf-token": user.csrf})
    statuses: set[int] = set()
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
                case.path_parameters["slug"] = "show"
            if "number" in case.path_parameters:
                case.path_parameters["number"] = 10**9 + case.path_parameters["number"] % 10**9
            case.headers = {}
            answer = case.call(session=user.session, timeout=PATIENCE_S)
            # The document doesn't say which fields are unknown, nor what a form's bounds are.
            case.validate_response(answer, excluded_checks=[positive_data_acceptance])
            statuses.add(answer.status_code)

        answered()
    assert not statuses & {500, 501, 502}
    if role == "nobody":
        assert statuses <= {400, 401, 403, 404, 429}
    else:
        assert statuses & {200, 201, 202}
    assert requests.get(f"{desk.url}/healthz", timeout=PATIENCE_S).ok

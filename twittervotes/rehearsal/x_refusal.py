"""v2's error responses: problems with a title and a type, each in the form that was recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from twittervotes.rehearsal.answer import HTML, Headers, HttpAnswer
from twittervotes.rehearsal.trouble import OVER_CAPACITY
from twittervotes.rehearsal.x_settings import Refusal

if TYPE_CHECKING:
    from twittervotes.rehearsal.x_query import BadRequestError

PROBLEMS = "https://api.twitter.com/2/problems"
NEW_PROBLEMS = "https://api.x.com/2/problems"
Body = dict[str, object]

UNAUTHORIZED: Body = {
    "title": "Unauthorized",
    "type": "about:blank",
    "status": 401,
    "detail": "Unauthorized",
}
TOO_MANY: Body = {
    "title": "Too Many Requests",
    "detail": "Too Many Requests",
    "type": "about:blank",
    "status": 429,
}
BODIES: dict[Refusal, tuple[int, Body]] = {
    Refusal.CREDITS: (
        402,
        {
            "title": "CreditsDepleted",
            "detail": "Your enrolled account [1] does not have any credits to fulfill this request",
            "type": f"{PROBLEMS}/credits",
        },
    ),
    Refusal.CREDITS_DEPLETED: (
        402,
        {
            "title": "Payment Required",
            "detail": "credits depleted",
            "status": 402,
            "type": f"{NEW_PROBLEMS}/credits-depleted",
        },
    ),
    Refusal.SPEND_CAP: (
        403,
        {"title": "SpendCapReached", "detail": "Spend cap reached", "type": "about:blank"},
    ),
    Refusal.USAGE_CAP: (
        429,
        {
            "account_id": 1,
            "product_name": "standard-basic",
            "title": "UsageCapExceeded",
            "period": "Monthly",
            "scope": "Product",
            "detail": "Usage cap exceeded: Monthly product cap",
            "type": f"{PROBLEMS}/usage-capped",
        },
    ),
    Refusal.NOT_ENROLLED: (
        403,
        {
            "client_id": "1",
            "detail": "When authenticating requests to the Twitter API v2 endpoints, ...",
            "title": "Client Forbidden",
            "required_enrollment": "Appropriate Level of API Access",
            "registration_url": "https://developer.twitter.com/en/docs/projects/overview",
            "reason": "client-not-enrolled",
            "type": f"{PROBLEMS}/client-forbidden",
        },
    ),
    Refusal.UNAUTHORIZED: (401, UNAUTHORIZED),
    Refusal.TOO_MANY: (429, TOO_MANY),
    Refusal.TOO_MANY_BY_CODE: (429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}),
}


def refused(refusal: Refusal, headers: Headers = ()) -> HttpAnswer:
    """Return the response to a refused request."""
    if refusal is Refusal.UNAVAILABLE:
        return HttpAnswer(503, OVER_CAPACITY, headers, HTML)
    status, body = BODIES[refusal]
    return HttpAnswer(status, json.dumps(body).encode(), headers)


def bad_request(wrong: BadRequestError, headers: Headers = ()) -> HttpAnswer:
    """Return the response to an invalid parameter."""
    error = {"parameters": {wrong.parameter: [wrong.value]}, "message": wrong.message}
    body = {
        "errors": [error],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{PROBLEMS}/invalid-request",
    }
    return HttpAnswer(400, json.dumps(body).encode(), headers)

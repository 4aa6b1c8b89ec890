"""What X's responses other than 200 mean, and what to do about them.

X reports errors in several forms: problems with a type and a title, lists of errors with
parameters, old errors with codes, HTML pages. Types are compared by what follows "/2/problems/",
because their hosts differ. Nothing that X wrote is repeated.
https://docs.x.com/x-api/fundamentals/response-codes-and-errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from twittervotes.core.contest.posts import Remedy
from twittervotes.sources._common import Trouble

if TYPE_CHECKING:
    from twittervotes.network.http import Response

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
PORTAL = "in X's developer portal, then press Update."
CREDITS = ("credits", "credits-depleted")


class _Error(msgspec.Struct):
    parameters: dict[str, msgspec.Raw] | None = None
    message: str | None = None
    code: int | None = None


class _Body(msgspec.Struct):
    type: str | None = None
    title: str | None = None
    errors: list[_Error] | None = None

    @property
    def problem(self) -> str:
        """The name of the problem, "" if there is none."""
        return (self.type or "").rpartition("/2/problems/")[2] if self.type else ""

    def names(self, parameter: str) -> bool:
        """Return whether X rejected this parameter of the request."""
        return any(
            parameter in (error.parameters or ()) or f"[{parameter}]" in (error.message or "")
            for error in self.errors or ()
        )


def refuses(response: Response, parameter: str) -> bool:
    """Return whether X rejected this parameter of the request."""
    return response.status == 400 and _body(response).names(parameter)


def is_lost(response: Response) -> bool:
    """Return whether X no longer knows the next page's token, or it belongs to another query."""
    return any(refuses(response, name) for name in ("next_token", "pagination_token"))


def is_stale(response: Response) -> bool:
    """Return whether X refused to go back as far as `since_id`."""
    if response.status != 400:
        return False
    body = _body(response)
    wording = "'since_id'"
    return body.names("since_id") or any(
        wording in (error.message or "") for error in body.errors or ()
    )


def trouble(response: Response) -> Trouble:
    """Explain a response that isn't a page."""
    status, body = response.status, _body(response)
    told = f"X answered {status}"
    if stop := _money(body, status):
        return Trouble(Remedy.STOP, f"{told}: {stop[0]}", stop[1])
    match status:
        case 429 | 420:
            return Trouble(Remedy.WAIT, "The quota of X is used up.")
        case 400 if is_stale(response):
            return Trouble(Remedy.RESTART, "X searches the last seven days only.")
        case 400 if is_lost(response):
            return Trouble(Remedy.RESTART, "X lost its place in the results; reading starts over.")
        case 400:
            advice = "Check the hashtags, and names and api_url, under x."
            return Trouble(Remedy.STOP, f"{told}: it rejected the request as invalid.", advice)
        case 401:
            advice = "Check auth and the keys, under x; if you signed in, sign in again."
            return Trouble(Remedy.STOP, f"{told}: it rejected the keys or the token.", advice)
        case 403:
            return _forbidden(told, body)
        case 404 | 410:
            advice = "Check api_url, under x."
            return Trouble(Remedy.STOP, f"{told}: there is no search at this address.", advice)
        case _ if status >= 500 or status < 400 or status == 408:
            return Trouble(Remedy.RETRY, f"X is having problems (HTTP {status}).")
    return Trouble(Remedy.STOP, f"{told}.", "Check api_url, under x.")


def is_about_money(response: Response) -> bool:
    """Return whether the account may not read any more, whatever it requests."""
    return _money(_body(response), response.status) is not None


def _money(body: _Body, status: int) -> tuple[str, str] | None:
    """Explain that an account may not read any more, which waiting doesn't fix."""
    if body.problem == "usage-capped" or body.title == "UsageCapExceeded":
        return "the account has read all that its plan allows.", f"Raise the plan {PORTAL}"
    if body.title == "SpendCapReached" or body.problem == "spend-cap-reached":
        return "the account has reached its spending limit.", f"Raise the limit {PORTAL}"
    if status == 402 or body.problem in CREDITS or body.title == "CreditsDepleted":
        return "the account has no credits left.", f"Add credits {PORTAL}"
    return None


def _forbidden(told: str, body: _Body) -> Trouble:
    if body.problem == "client-forbidden":
        advice = "Attach the app to a project with access to the v2 search " + PORTAL
        return Trouble(Remedy.STOP, f"{told}: the app may not use this search.", advice)
    if body.problem == "unsupported-authentication":
        advice = "Choose another auth, under x: app, user or oauth2."
        return Trouble(Remedy.STOP, f"{told}: this search needs another kind of sign-in.", advice)
    advice = f"Check the access level of the app {PORTAL}"
    return Trouble(Remedy.STOP, f"{told}: the account may not use this search.", advice)


def _body(response: Response) -> _Body:
    try:
        return msgspec.json.decode(response.body, type=_Body)
    except UNREADABLE:
        return _Body()

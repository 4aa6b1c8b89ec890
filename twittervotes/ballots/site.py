"""The site of a ballot box: its routes and their handlers."""

from __future__ import annotations

import asyncio
import hmac
import io
import logging
import secrets
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import segno
from litestar import Litestar, Request, Response, get
from litestar.datastructures import State as Nothing
from litestar.exceptions import HTTPException
from litestar.params import PathParameter, QueryParameter

from twittervotes.ballots import intake, pages, receipts
from twittervotes.ballots.notice import BoxReport
from twittervotes.board import wire
from twittervotes.board.guard import Guard
from twittervotes.board.numbers import chosen
from twittervotes.sources.web.feed import FIRST, PAGE, BallotRow, FeedPlace
from twittervotes.sources.web.keys import typed

if TYPE_CHECKING:
    from twittervotes.ballots.box import BallotBox
    from twittervotes.ballots.receipts import BallotStatus

log = logging.getLogger(__name__)

HTML, JSON, PROBLEM = "text/html", "application/json", "application/problem+json"
NO_STORE: Final = {"cache-control": "no-store"}
FOREVER: Final = {"cache-control": "public, max-age=31536000, immutable"}
KINDS: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
LOOKS_AT_ONCE: Final = 2  # concurrent look-ups in the ledger, for receipts
OPEN: Final[frozenset[str]] = frozenset({"wrong code", "no cookie", "unknown choice", "too fast"})

Asked = Request[None, None, Nothing]
Segment = Annotated[str, PathParameter(max_length=200)]
Number = Annotated[int, QueryParameter(ge=0, lt=2**53)]
Text = Annotated[str, QueryParameter(max_length=100)]


class BallotSite:
    """Answers for one box; receipts are looked up in `ledger`, if there is one here."""

    def __init__(
        self,
        box: BallotBox,
        address: str = "",
        ledger: Path | None = None,
        names: tuple[str, ...] = (),
    ) -> None:
        self._box = box
        self._address = address
        self._ledger = ledger
        self._names = names
        self._looking = asyncio.Semaphore(LOOKS_AT_ONCE)
        self._known: dict[str, BallotStatus] = {}  # receipts with a final answer

    def app(self) -> Guard:
        """Return the site as an ASGI application."""
        one = "/v1/contests/{slug:str}"
        site = Litestar(
            [
                get("/", media_type=HTML)(self.ballot),
                get("/{code:str}", media_type=HTML)(self.ballot_with_code),
                get("/receipt/{number:str}", media_type=HTML)(self.receipt),
                get("/qr.svg")(self.qr),
                get("/static/{version:str}/{name:str}")(self.static),
                get(["/healthz", "/readyz"])(self.health),
                get(f"{one}/ballot")(self.notice),
                get(f"{one}/ballots/{{number:str}}")(self.state),
                get(f"{one}/feed")(self.feed),
            ],
            exception_handlers={HTTPException: self._refused, Exception: self._failed},
            openapi_config=None,
            request_max_body_size=intake.LONGEST_BODY,
        )
        self.intake = intake.BallotIntake(self._box, site, self._not_taken)
        return Guard(self.intake, self._names, posts=("/ballots",))

    async def ballot(self, request: Asked) -> Response[bytes]:
        """Answer with the choices, or with the page that replaces them."""
        return await self._ballot(request, "")

    async def ballot_with_code(self, request: Asked, code: Segment) -> Response[bytes]:
        """Answer with the choices after a code was scanned."""
        number = typed(code)
        if not number:
            raise HTTPException("There is no such page.", status_code=404)
        return await self._ballot(request, number)

    async def receipt(self, request: Asked, number: Segment) -> Response[bytes]:
        """Answer with what became of a ballot."""
        is_text = number.endswith(".txt")
        number = typed(number.removesuffix(".txt"))
        row = self._found(number)
        viewer, notice = self._viewer(request), self._box.notice
        if is_text:
            text = pages.receipt_text(notice, viewer, number, row).encode()
            headers = {**NO_STORE, "content-disposition": f'attachment; filename="{number}.txt"'}
            return Response(text, media_type="text/plain", headers=headers)
        status = await self._status(number, row)
        return _page(pages.receipt(notice, viewer, number, row, status, self._box.now_ms()))

    async def qr(self, request: Asked) -> Response[bytes]:
        """Answer with the QR code of the page's URL."""
        picture = io.BytesIO()
        code = segno.make(self._address or self._viewer(request).base, micro=False)
        code.save(picture, kind="svg", xmldecl=False, border=4, light="#fff", omitsize=True)
        return Response(picture.getvalue(), media_type="image/svg+xml", headers=NO_STORE)

    async def static(self, version: Segment, name: Segment) -> Response[bytes]:
        """Answer with a script, a style or a picture."""
        if name not in pages.assets() or pages.asset(name) != f"/static/{version}/{name}":
            raise HTTPException("There is no such file.", status_code=404)
        return Response(pages.assets()[name], media_type=KINDS[Path(name).suffix], headers=FOREVER)

    async def health(self) -> Response[bytes]:
        """Answer that the box is running."""
        return Response(b"ok\n", media_type="text/plain", headers=NO_STORE)

    async def notice(self, slug: Segment) -> Response[bytes]:
        """Return the vote, and whether ballots are taken."""
        self._check(slug, "*")
        return _json(BoxReport(self._box.phase(), self._box.notice))

    async def state(self, slug: Segment, number: Segment) -> Response[bytes]:
        """Return what became of a ballot."""
        self._check(slug)
        number = typed(number)
        row = self._found(number)
        status = await self._status(number, row)
        said = {"receipt": number, "number": row.seq, "at_ms": row.at_ms}
        return _json({**said, "verdict": status.verdict, "words": status.words})

    async def feed(
        self,
        request: Asked,
        slug: Segment,
        after: Number = 0,
        box: Text = "",
        link: Text = FIRST,
        closes: Number | None = None,
        limit: Number = PAGE,
    ) -> Response[bytes]:
        """Return ballots to a client that knows the secret."""
        said = request.headers.get("authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(said, f"Bearer {self._box.keys.feed_token}".encode()):
            raise HTTPException("The feed needs the token of the boxes.", status_code=401)
        self._check(slug)
        answer = self._box.feed(FeedPlace(box, after, link), closes, limit)
        if answer is None:
            raise HTTPException("This box doesn't have those ballots.", status_code=409)
        return _json(answer)

    async def _ballot(self, request: Asked, code: str) -> Response[bytes]:
        box = self._box
        now_ms, phase = box.now_ms(), box.phase()
        header = request.headers.get("cookie", "")
        own = await self._own(header)
        viewer, notice = self._viewer(request), box.notice
        if phase != "open":
            return _page(pages.not_open(notice, viewer, phase, now_ms, own))
        if notice.level == "code":
            draft = pages.BallotDraft(_random(), code=code)
            if code and not box.keys.is_code(code):
                words = intake.PROBLEMS["wrong code"][1]
                draft = pages.BallotDraft(_random(), typed=code, trouble=words)
            elif code and box.has_voted(box.keys.voter("code", code)):
                return self._voted(viewer, "This code has voted.")
            return _page(pages.ballot(notice, viewer, draft, now_ms))
        who = intake.browser(header)
        if who and box.has_voted(box.keys.voter("open", who)):
            if own is not None:
                return _to(f"/receipt/{own[0]}")
            return self._voted(viewer, "You have voted already.")
        return self._fresh(request, viewer, who)

    def _fresh(
        self,
        request: Asked,
        viewer: pages.Viewer,
        who: str,
        chosen_tag: str = "",
        trouble: str = "",
    ) -> Response[bytes]:
        """Answer with the choices; set a cookie if the browser has none."""
        box, headers = self._box, dict(NO_STORE)
        if not who:
            who, is_secure = _random(), request.url.scheme == "https"
            name = intake.SECURE_COOKIE if is_secure else intake.COOKIE
            headers["set-cookie"] = intake.cookie(name, who, is_secure=is_secure).decode()
        draft = pages.BallotDraft(
            _random(), form=box.keys.form(who), chosen=chosen_tag, trouble=trouble
        )
        html = pages.ballot(box.notice, viewer, draft, box.now_ms())
        return Response(html.encode(), media_type=HTML, headers=headers)

    async def _not_taken(
        self, scope: intake.Scope, attempt: intake.Attempt, why: str
    ) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        """Return the page that says why a ballot was refused."""
        request: Asked = Request(scope)  # type: ignore[arg-type]
        viewer, notice, now_ms = self._viewer(request), self._box.notice, self._box.now_ms()
        status, words = intake.PROBLEMS[why]
        if why in ("soon", "paused", "closed"):
            page = pages.not_open(notice, viewer, self._box.phase(), now_ms)
            return status, page.encode(), []
        if why in OPEN and notice.level == "open":
            answer = self._fresh(request, viewer, attempt.cookie, attempt.choice, words)
            kept = answer.headers.get("set-cookie")
            return status, answer.content, [(b"set-cookie", kept.encode())] if kept else []
        if why in OPEN:
            is_valid = self._box.keys.is_code(typed(attempt.code))
            draft = pages.BallotDraft(
                attempt.retry,
                code=typed(attempt.code) if is_valid else "",
                typed="" if is_valid else attempt.code,
                chosen=attempt.choice,
                trouble=words,
            )
            return status, pages.ballot(notice, viewer, draft, now_ms).encode(), []
        heading = "You have voted already" if why == "voted" else "Your vote wasn’t recorded"
        page = pages.message(notice, viewer, heading, words, ("/", "Back"))
        return status, page.encode(), []

    def _voted(self, viewer: pages.Viewer, heading: str) -> Response[bytes]:
        words = "The first vote is recorded, and can’t be changed."
        return _page(pages.message(self._box.notice, viewer, heading, words, ("/", "Back")))

    async def _own(self, header: str) -> tuple[str, BallotStatus] | None:
        """Return the receipt in a browser's cookie, if it is of this vote."""
        number = typed(intake.cookies(header).get(intake.RECEIPT, ""))
        row = self._box.find(number) if number else None
        return (number, await self._status(number, row)) if row is not None else None

    async def _status(self, number: str, row: BallotRow) -> BallotStatus:
        """Return what became of a ballot. Few verdicts are looked up at a time."""
        settled = self._box.notice.reading.settled
        known = self._known.get(number)
        if known is not None and settled:
            return known
        if row.seq > self._box.fetched or self._ledger is None:
            return receipts.READ if row.seq <= self._box.fetched else receipts.RECORDED
        async with self._looking:
            found = await asyncio.to_thread(
                receipts.status, self._ledger, self._box.keys.key(number)
            )
        if found is not None and settled:
            self._known[number] = found
        return found or receipts.READ

    def _found(self, number: str) -> BallotRow:
        row = self._box.find(number) if number else None
        if row is None:
            raise HTTPException("There is no ballot with this receipt here.", status_code=404)
        return row

    def _check(self, slug: str, *others: str) -> None:
        if slug not in (self._box.notice.slug, *others):
            raise HTTPException("There is no such vote here.", status_code=404)

    def _viewer(self, request: Asked) -> pages.Viewer:
        host = request.headers.get("host", "")
        return pages.Viewer(
            chosen(request.headers.get("accept-language", "")),
            f"{request.url.scheme}://{host}",
            next(iter(self._names), "") or host.partition(":")[0],
        )

    def _refused(self, request: Asked, error: HTTPException) -> Response[bytes]:
        status, words = error.status_code, error.detail
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("%s can't be answered: %s", _kind(request), error.detail)
            words = "The ballot box has made a mistake. Try again."
        return self._problem(request, status, words)

    def _failed(self, request: Asked, error: Exception) -> Response[bytes]:
        log.error("%s can't be answered.", _kind(request), exc_info=error)
        return self._problem(request, 500, "The ballot box has made a mistake. Try again.")

    def _problem(self, request: Asked, status: int, words: str) -> Response[bytes]:
        phrase = HTTPStatus(status).phrase
        if request.url.path.startswith("/v1/"):
            problem = wire.encode(wire.ProblemDetails(phrase, status, words))
            return Response(problem, media_type=PROBLEM, status_code=status, headers=NO_STORE)
        page = pages.message(
            self._box.notice, self._viewer(request), phrase, words, ("/", "Go to the vote")
        )
        return Response(page.encode(), media_type=HTML, status_code=status, headers=NO_STORE)


def _page(html: str) -> Response[bytes]:
    return Response(html.encode(), media_type=HTML, headers=NO_STORE)


def _json(said: object) -> Response[bytes]:
    return Response(msgspec.json.encode(said), media_type=JSON, headers=NO_STORE)


def _to(where: str) -> Response[bytes]:
    return Response(b"", status_code=303, headers={**NO_STORE, "location": where})


def _random() -> str:
    return secrets.token_urlsafe(18)


def _kind(request: Asked) -> str:
    """Return what a log may say of a URL: never a code or a receipt."""
    first, *_ = request.url.path.strip("/").split("/")
    return f"/{first}/…" if first in ("v1", "static", "receipt") else "A page"

"""People: invited by a link, signed in by name and password, with a role for each contest.

Of links, sessions and tokens the database has only hashes. Every change is in the audit, without
any secret.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import sqlalchemy as sa

from twittervotes.core.contest.words import IGNORABLE
from twittervotes.core.errors import TwittervotesError
from twittervotes.desk import passwords
from twittervotes.desk.database import audit, invitations, members, people, sessions, tokens
from twittervotes.desk.roles import EVERY, Right, Role, may

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

HOUR_MS: Final = 3_600_000
INVITED_MS: Final = 72 * HOUR_MS
IDLE_MS: Final = 12 * HOUR_MS
SESSION_MS: Final = 7 * 24 * HOUR_MS
TOKEN_MS: Final = 30 * 24 * HOUR_MS
NOTED_MS: Final = 60_000  # the last use of a session and refused sign-ins are noted this often
LONGEST_NAME: Final = 60
INVISIBLE: Final = re.compile(f"[{IGNORABLE}]")
PROGRAM: Final = "the program"  # in the audit
DECK: Final = "(deck)"  # follows the name of a person whose deck is used
Kind = Literal["api", "deck"]


class DeskError(TwittervotesError):
    """Something that a person may not do, or that can't be done; `status` is that of HTTP."""

    def __init__(self, words: str, status: int = 400) -> None:
        super().__init__(words, status)
        self.status = status

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, and their roles by contest."""

    id: int
    name: str
    roles: Mapping[str, Role]

    def may(self, right: Right, contest: str = EVERY) -> bool:
        """Return whether the person has a right for a contest."""
        return may(self.roles, right, contest)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class People:
    """The people in a database; may be used from several threads."""

    def __init__(self, engine: Engine, now_ms: Callable[[], int] = _now_ms) -> None:
        self._engine = engine
        self._now_ms = now_ms

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    def first_link(self) -> str | None:
        """Return the token of the invitation for the first administrator, None if there is one."""
        with self._engine.begin() as db:
            if db.scalar(sa.select(sa.func.count()).select_from(people)):
                return None
            db.execute(sa.delete(invitations))  # an earlier start may have printed one
            return self._invited(db, Role.ADMINISTRATOR, EVERY, PROGRAM)

    def invite(self, by: Person, role: Role, contest: str) -> str:
        """Return the token of a new invitation. Raises DeskError."""
        with self._engine.begin() as db:
            _check_active(db, by)
            return self._invited(db, role, contest, by.name)

    def _invited(self, db: Connection, role: Role, contest: str, by: str) -> str:
        token, now_ms = secrets.token_urlsafe(32), self._now_ms()
        db.execute(
            sa.insert(invitations).values(
                hash=_hash(token), contest=contest, role=role.value, ends_ms=now_ms + INVITED_MS
            )
        )
        self._note(db, by, "invited", contest, role.value)
        return token

    def is_invited(self, token: str) -> bool:
        """Return whether an invitation can still be used."""
        with self._engine.connect() as db:
            return db.scalar(sa.select(invitations.c.role).where(*self._open(token))) is not None

    def _open(self, token: str) -> tuple[sa.ColumnElement[bool], ...]:
        table = invitations.c
        is_unused, is_timely = table.used_ms.is_(None), table.ends_ms > self._now_ms()
        return table.hash == _hash(token), is_unused, is_timely

    def join(self, token: str, name: str, password: str) -> None:
        """Create the account of an invited person. Raises DeskError, WeakPasswordError."""
        name = _clean(name)
        passwords.check(password, name)
        if not self.is_invited(token):
            raise DeskError("This invitation was used or has ended. Ask for another.", 410)
        kept = passwords.hashed(password)
        try:
            with self._engine.begin() as db:
                found = db.execute(
                    sa.update(invitations)
                    .where(*self._open(token))
                    .values(used_ms=self._now_ms())
                    .returning(invitations.c.role, invitations.c.contest)
                ).one_or_none()
                if found is None:
                    raise DeskError("This invitation was used or has ended. Ask for another.", 410)
                person = db.execute(
                    sa.insert(people)
                    .values(
                        folded=folded(name),
                        name=name,
                        password=kept,
                        created_ms=self._now_ms(),
                    )
                    .returning(people.c.id)
                ).scalar_one()
                member = sa.insert(members).values(
                    person=person, contest=found.contest, role=found.role
                )
                db.execute(member)
                self._note(db, name, "joined", found.contest, found.role)
        except sa.exc.IntegrityError:
            raise DeskError("Somebody already has this name. Choose another.", 409) from None

    def sign_in(self, name: str, password: str) -> str:
        """Return the secret of a new session. Raises DeskError, the same for every reason."""
        with self._engine.connect() as db:
            query = sa.select(people).where(people.c.folded == folded(name))
            found = db.execute(query.where(people.c.ended_ms.is_(None))).one_or_none()
        fits = passwords.fits(password, found.password if found else passwords.NOBODY)
        with self._engine.begin() as db:
            if found is not None and not fits:
                self._note_refusal(db, found.name)
            elif found is not None:
                token, now_ms = secrets.token_urlsafe(32), self._now_ms()
                made = {"hash": _hash(token), "person": found.id}
                db.execute(sa.insert(sessions).values(**made, created_ms=now_ms, seen_ms=now_ms))
                self._note(db, found.name, "signed in")
                return token
        raise DeskError("The name or the password is wrong.", 401)

    def _note_refusal(self, db: Connection, name: str) -> None:
        """Note a refused sign-in, at most once a minute, so that guesses don't fill the audit."""
        table, what = audit.c, "sign-in refused"
        is_noted = (table.who == name) & (table.what == what)
        is_noted &= table.at_ms > self._now_ms() - NOTED_MS
        if not db.scalar(sa.select(sa.func.count()).select_from(audit).where(is_noted)):
            self._note(db, name, what)

    def confirm(self, person: Person, password: str) -> None:
        """Raise DeskError unless it is the person's password."""
        with self._engine.connect() as db:
            kept = db.scalar(sa.select(people.c.password).where(people.c.id == person.id))
        if not passwords.fits(password, kept or passwords.NOBODY):
            raise DeskError("Enter your password to do this.", 403)

    def of_session(self, token: str) -> Person | None:
        """Return who is signed in, None if the session is over."""
        now_ms = self._now_ms()
        table = sessions.c
        with self._engine.begin() as db:
            found = db.execute(sa.select(sessions).where(table.hash == _hash(token))).one_or_none()
            if found is None:
                return None
            is_over = now_ms > min(found.seen_ms + IDLE_MS, found.created_ms + SESSION_MS)
            if is_over:
                db.execute(sa.delete(sessions).where(table.hash == found.hash))
                return None
            if now_ms > found.seen_ms + NOTED_MS:
                seen = sa.update(sessions).where(table.hash == found.hash).values(seen_ms=now_ms)
                db.execute(seen)
            return _person(db, found.person)

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self._engine.begin() as db:
            db.execute(sa.delete(sessions).where(sessions.c.hash == _hash(token)))

    def sign_out_everywhere(self, person: Person) -> None:
        """End all sessions of a person."""
        with self._engine.begin() as db:
            db.execute(sa.delete(sessions).where(sessions.c.person == person.id))
            self._note(db, person.name, "signed out everywhere")

    def everyone(self) -> tuple[Person, ...]:
        """Return all people who have an account, in the order of their names."""
        with self._engine.connect() as db:
            query = sa.select(people.c.id).where(people.c.ended_ms.is_(None))
            found = [_person(db, id_) for id_ in db.scalars(query.order_by(people.c.folded))]
            return tuple(filter(None, found))

    def end(self, by: Person, id_: int) -> None:
        """End an account, its sessions and tokens, and all unused invitations. Raises DeskError."""
        if id_ == by.id:
            raise DeskError("You can't end your own account.", 409)
        with self._engine.begin() as db:
            _check_active(db, by)
            person = _person(db, id_)
            if person is None:
                raise DeskError("There is no such person.", 404)
            db.execute(sa.update(people).where(people.c.id == id_).values(ended_ms=self._now_ms()))
            db.execute(sa.delete(sessions).where(sessions.c.person == id_))
            db.execute(sa.delete(tokens).where(tokens.c.person == id_))
            # The person may have any of these links, and could join again under another name.
            db.execute(sa.delete(invitations).where(invitations.c.used_ms.is_(None)))
            self._note(db, by.name, "ended an account", detail=person.name)

    def make_token(self, person: Person, kind: Kind, contest: str) -> str:
        """Return a new token that acts as `person` for one contest."""
        token = secrets.token_urlsafe(32)
        with self._engine.begin() as db:
            made = {"hash": _hash(token), "person": person.id, "kind": kind, "contest": contest}
            db.execute(sa.insert(tokens).values(**made, ends_ms=self._now_ms() + TOKEN_MS))
            self._note(db, person.name, f"made a token: {kind}", contest)
        return token

    def of_token(self, token: str, kind: Kind) -> tuple[Person, str] | None:
        """Return whose token it is, with their roles for its contest alone, and that contest."""
        table = tokens.c
        query = sa.select(tokens).where(
            table.hash == _hash(token),
            table.kind == kind,
            table.contest != EVERY,
            table.ends_ms > self._now_ms(),
        )
        with self._engine.connect() as db:
            found = db.execute(query).one_or_none()
            person = _person(db, found.person) if found else None
        if found is None or person is None:
            return None
        # What the person may no longer do, the token may not do either; it never invites.
        held = (person.roles.get(found.contest), person.roles.get(EVERY))
        can_act = any(role in (Role.ADMINISTRATOR, Role.OPERATOR) for role in held)
        role = Role.OPERATOR if can_act else Role.VIEWER
        return Person(person.id, person.name, {found.contest: role} if any(held) else {}), str(
            found.contest
        )

    def end_tokens(self, person: Person, contest: str) -> int:
        """End a person's tokens for a contest; return how many there were."""
        with self._engine.begin() as db:
            ended = db.execute(
                sa.delete(tokens).where(tokens.c.person == person.id, tokens.c.contest == contest)
            ).rowcount
            self._note(db, person.name, "ended tokens", contest, str(ended))
        return int(ended)

    def note(self, who: str, what: str, contest: str = "", detail: str = "") -> None:
        """Add a line to the audit."""
        with self._engine.begin() as db:
            self._note(db, who, what, contest, detail)

    def _note(
        self, db: Connection, who: str, what: str, contest: str = "", detail: str = ""
    ) -> None:
        line = {"who": who[:100], "what": what[:40], "contest": contest, "detail": detail[:400]}
        db.execute(sa.insert(audit).values(at_ms=self._now_ms(), **line))

    def audit(self, limit: int = 100) -> tuple[tuple[int, str, str, str, str], ...]:
        """Return the newest lines of the audit: when, who, what, contest, detail."""
        table = audit.c
        columns = (table.at_ms, table.who, table.what, table.contest, table.detail)
        query = sa.select(*columns).order_by(table.id.desc()).limit(limit)
        with self._engine.connect() as db:
            return tuple((int(row[0]), *map(str, row[1:])) for row in db.execute(query))  # type: ignore[misc]


def _person(db: Connection, id_: int) -> Person | None:
    query = sa.select(people.c.name).where(people.c.id == id_, people.c.ended_ms.is_(None))
    name = db.scalar(query)
    if name is None:
        return None
    found = db.execute(sa.select(members).where(members.c.person == id_))
    return Person(id_, name, {row.contest: Role(row.role) for row in found})


def _check_active(db: Connection, person: Person) -> None:
    """Raise DeskError if the account has ended since the person's request was accepted."""
    query = sa.select(people.c.ended_ms).where(people.c.id == person.id)
    if db.scalar(query) is not None:
        raise DeskError("Your account has ended.", 401)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _clean(name: str) -> str:
    """Return a name as it is kept. Raises DeskError."""
    name = _spaced(name)
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise DeskError(f"Enter a name of 1 to {LONGEST_NAME} letters.")
    if INVISIBLE.search(name):
        raise DeskError("Enter a name without invisible characters.")
    bare = folded(name).replace(" ", "")
    if bare.endswith(DECK) or bare == folded(PROGRAM).replace(" ", ""):
        raise DeskError("This name is reserved. Choose another.", 409)
    return name


def _spaced(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name[: 4 * LONGEST_NAME]).split())


def folded(name: str) -> str:
    """Return a name as it is compared."""
    return unicodedata.normalize("NFKC", _spaced(name)).casefold()[:400]

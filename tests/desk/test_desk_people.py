"""People: invitations, passwords, sessions, tokens, the audit; and the tables they are kept in."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from twittervotes.core.errors import ConfigError
from twittervotes.desk import database, passwords
from twittervotes.desk.passwords import WeakPasswordError
from twittervotes.desk.people import (
    IDLE_MS,
    INVITED_MS,
    NOTED_MS,
    SESSION_MS,
    TOKEN_MS,
    DeskError,
    People,
    Person,
)
from twittervotes.desk.roles import EVERY, Right, Role

PASSWORD = "correct horse battery"


class World:
    """The people in a file, and a clock that a test moves."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.now_ms = 1_700_000_000_000
        self.people = People(database.opened(file), lambda: self.now_ms)

    def join(self, name: str, role: Role = Role.OPERATOR, contest: str = EVERY) -> Person:
        token = self.people.invite(Person(0, "test", {}), role, contest)
        self.people.join(token, name, PASSWORD)
        return self.signed_in(name)[0]

    def signed_in(self, name: str) -> tuple[Person, str]:
        token = self.people.sign_in(name, PASSWORD)
        person = self.people.of_session(token)
        assert person is not None
        return person, token

    def text(self) -> bytes:
        """Return all that is in the file."""
        with contextlib.closing(sqlite3.connect(self.file)) as db:
            return "\n".join(db.iterdump()).encode()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "desk.sqlite")
    yield world
    world.people.close()


def test_the_first_link_makes_an_administrator_once(world: World) -> None:
    older, token = world.people.first_link(), world.people.first_link()
    assert older is not None
    assert token is not None
    with pytest.raises(DeskError, match="ended"):
        world.people.join(older, "Eve", PASSWORD)
    world.people.join(token, "Ada", PASSWORD)
    with pytest.raises(DeskError, match="used"):
        world.people.join(token, "Eve", PASSWORD)
    assert world.people.first_link() is None
    person, _ = world.signed_in("Ada")
    assert person.roles == {EVERY: Role.ADMINISTRATOR}


def test_an_invitation_ends(world: World) -> None:
    token = world.people.invite(Person(0, "test", {}), Role.VIEWER, "show")
    world.now_ms += INVITED_MS
    assert not world.people.is_invited(token)
    with pytest.raises(DeskError, match="ended"):
        world.people.join(token, "Ada", PASSWORD)


def test_one_of_many_who_use_an_invitation_at_once_joins(world: World) -> None:
    token = world.people.invite(Person(0, "test", {}), Role.VIEWER, "show")
    refused: list[str] = []

    def join(name: str) -> None:
        try:
            world.people.join(token, name, PASSWORD)
        except DeskError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=join, args=(f"Person {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    assert len(world.people.everyone()) == 1


def test_two_people_never_have_names_that_look_alike_to_a_reader(world: World) -> None:
    world.join("Ada Lovelace")
    token = world.people.invite(Person(0, "test", {}), Role.VIEWER, "show")
    for name in ("ada  lovelace", " ADA LOVELACE ", "Ａda Lovelace"):
        with pytest.raises(DeskError, match="already"):
            world.people.join(token, name, PASSWORD)
    for name in ("", "  ", "x" * 61, "A\x1b[2J", "A\u202eb", "\ud800"):
        with pytest.raises(DeskError, match="name"):
            world.people.join(token, name, PASSWORD)
    for number in (0xAD, 0x34F, 0x115F, 0x17B4, 0x180B, 0x200D, 0x2800, 0x3164, 0xFE0F, 0xFFA0):
        for name in (f"Su{chr(number)}e", f"Sue{chr(number)}", chr(number)):
            with pytest.raises(DeskError, match="name"):
                world.people.join(token, name, PASSWORD)
    with pytest.raises(DeskError, match="invisible"):
        world.people.join(token, "Sue\U000e0100", PASSWORD)
    world.people.join(token, "Grace", PASSWORD)


def test_nobody_takes_a_name_that_the_program_writes(world: World) -> None:
    token = world.people.invite(Person(0, "test", {}), Role.VIEWER, "show")
    for name in (
        "Sue (deck)",
        "Sue(DECK)",
        "Sue ( deck )",
        "Sue （deck）",
        "(deck)",
        "The  Program",
    ):
        with pytest.raises(DeskError, match="reserved"):
            world.people.join(token, name, PASSWORD)
    world.people.join(token, "Sue Deck", PASSWORD)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "x" * 129,
        "aaaaaaaaaaaa",
        "1234567890",
        "Password123",
        "QWERTYUIOP",
        "Ada Lovelace",
    ],
    ids=["empty", "short", "long", "one letter", "digits", "common", "keys", "the name"],
)
def test_a_password_that_is_easy_to_guess_is_refused(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        passwords.check(password, "Ada Lovelace")
    passwords.check(PASSWORD, "Ada Lovelace")


def test_passwords_are_kept_as_argon2id_and_secrets_as_hashes(world: World) -> None:
    invitation = world.people.invite(Person(0, "test", {}), Role.OPERATOR, EVERY)
    world.people.join(invitation, "Ada", PASSWORD)
    person, session = world.signed_in("Ada")
    token = world.people.make_token(person, "deck", "show")
    with pytest.raises(DeskError):
        world.people.sign_in("Ada", "a wrong password")
    kept = world.text()
    assert b"$argon2id$" in kept
    for secret in (PASSWORD, invitation, session, token, "a wrong password"):
        assert secret.encode() not in kept
    assert world.file.stat().st_mode & 0o077 == 0


def test_one_answer_for_all_failures_to_sign_in(world: World) -> None:
    ada, grace = world.join("Ada", Role.ADMINISTRATOR), world.join("Grace")
    world.people.end(ada, grace.id)
    said = set()
    for name, password in (("Ada", "wrong password"), ("Nobody", PASSWORD), ("Grace", PASSWORD)):
        with pytest.raises(DeskError) as refused:
            world.people.sign_in(name, password)
        said.add((str(refused.value), refused.value.status))
    assert said == {("The name or the password is wrong.", 401)}


def test_a_password_is_the_same_however_its_letters_are_composed(world: World) -> None:
    token = world.people.invite(Person(0, "test", {}), Role.VIEWER, EVERY)
    world.people.join(token, "Zoe\u0308", "Scho\u0308ne Gru\u0308ße")
    assert world.people.sign_in("ZO\u00cb", "Sch\u00f6ne Gr\u00fc\u00dfe")


def test_a_session_ends_when_it_is_idle_old_or_signed_out(world: World) -> None:
    world.join("Ada")
    _, idle = world.signed_in("Ada")
    world.now_ms += IDLE_MS + 1
    assert world.people.of_session(idle) is None
    _, old = world.signed_in("Ada")
    for _ in range(SESSION_MS // IDLE_MS):
        world.now_ms += IDLE_MS - 1000
        assert world.people.of_session(old) is not None
    world.now_ms += IDLE_MS
    assert world.people.of_session(old) is None
    _, ended = world.signed_in("Ada")
    world.people.sign_out(ended)
    assert world.people.of_session(ended) is None
    assert world.people.of_session("") is None


def test_each_sign_in_has_its_own_session(world: World) -> None:
    world.join("Ada")
    (_, one), (_, other) = world.signed_in("Ada"), world.signed_in("Ada")
    assert one != other
    world.people.sign_out(one)
    assert world.people.of_session(other) is not None


def test_one_can_sign_out_everywhere(world: World) -> None:
    world.join("Ada")
    world.join("Grace")
    (ada, one), (_, other), (_, of_grace) = map(world.signed_in, ("Ada", "Ada", "Grace"))
    world.people.sign_out_everywhere(ada)
    assert world.people.of_session(one) is None
    assert world.people.of_session(other) is None
    assert world.people.of_session(of_grace) is not None


def test_an_ended_account_has_no_sessions_and_no_tokens(world: World) -> None:
    ada, grace = world.join("Ada", Role.ADMINISTRATOR), world.join("Grace")
    _, session = world.signed_in("Grace")
    token = world.people.make_token(grace, "deck", "show")
    world.people.end(ada, grace.id)
    assert world.people.of_session(session) is None
    assert world.people.of_token(token, "deck") is None
    assert [each.name for each in world.people.everyone()] == ["Ada"]
    with pytest.raises(DeskError, match="own"):
        world.people.end(ada, ada.id)


def test_nobody_comes_back_by_an_invitation_made_before_their_account_ended(world: World) -> None:
    ada, grace = world.join("Ada", Role.ADMINISTRATOR), world.join("Grace", Role.ADMINISTRATOR)
    by_grace = world.people.invite(grace, Role.ADMINISTRATOR, EVERY)
    by_ada = world.people.invite(ada, Role.VIEWER, "show")
    world.people.end(ada, grace.id)
    for token in (by_grace, by_ada):
        assert not world.people.is_invited(token)
        with pytest.raises(DeskError, match="Ask for another"):
            world.people.join(token, "Not Grace", PASSWORD)
    with pytest.raises(DeskError, match="has ended"):
        world.people.invite(grace, Role.ADMINISTRATOR, EVERY)
    with pytest.raises(DeskError, match="has ended"):
        world.people.end(grace, ada.id)
    world.people.join(world.people.invite(ada, Role.VIEWER, "show"), "Vic", PASSWORD)
    assert [each.name for each in world.people.everyone()] == ["Ada", "Vic"]


def test_a_token_for_all_votes_is_not_valid(world: World) -> None:
    ada = world.join("Ada")
    for kind in ("api", "deck"):
        assert world.people.of_token(world.people.make_token(ada, kind, EVERY), kind) is None


def test_a_token_is_for_one_vote_and_one_use_and_never_more_than_its_person(world: World) -> None:
    ada = world.join("Ada", Role.ADMINISTRATOR)
    token = world.people.make_token(ada, "deck", "show")
    assert world.people.of_token(token, "api") is None
    found = world.people.of_token(token, "deck")
    assert found is not None
    assert found[1] == "show"
    assert found[0].may(Right.ACT, "show")
    assert not found[0].may(Right.ACT, "other")
    assert not found[0].may(Right.INVITE)
    viewer = world.join("Vic", Role.VIEWER, "show")
    seen = world.people.of_token(world.people.make_token(viewer, "api", "show"), "api")
    assert seen is not None
    assert not seen[0].may(Right.ACT, "show")
    assert seen[0].may(Right.SEE, "show")
    foreign = world.people.of_token(world.people.make_token(viewer, "api", "other"), "api")
    assert foreign is not None
    assert not foreign[0].may(Right.SEE, "other")
    world.now_ms += TOKEN_MS
    assert world.people.of_token(token, "deck") is None


def test_tokens_can_be_ended(world: World) -> None:
    ada = world.join("Ada")
    kept = world.people.make_token(ada, "deck", "other")
    ended = [world.people.make_token(ada, "deck", "show") for _ in range(2)]
    assert world.people.end_tokens(ada, "show") == 2
    assert not any(world.people.of_token(token, "deck") for token in ended)
    assert world.people.of_token(kept, "deck") is not None


def test_the_audit_says_who_did_what(world: World) -> None:
    ada, grace = world.join("Ada", Role.ADMINISTRATOR), world.join("Grace")
    with pytest.raises(DeskError):
        world.people.sign_in("GRACE", "wrong")
    world.people.end(ada, grace.id)
    lines = [line[1:3] for line in world.people.audit()]
    assert lines[0] == ("Ada", "ended an account")
    assert lines[1] == ("Grace", "sign-in refused")
    assert ("Grace", "joined") in lines


def test_strangers_cannot_fill_the_audit(world: World) -> None:
    world.join("Ada")
    world.join("Grace")
    before = len(world.people.audit())

    def refused(*names: str) -> list[str]:
        for name in names:
            with pytest.raises(DeskError):
                world.people.sign_in(name, "wrong")
        lines = world.people.audit()
        return [who for _, who, what, *_ in lines[: len(lines) - before] if what[0] == "s"]

    assert refused("Ada", "ada", "my password, typed as the name", "Ada") == ["Ada"]
    assert refused("Grace") == ["Grace", "Ada"]
    world.now_ms += NOTED_MS
    assert refused("Ada", "Ada", "Grace") == ["Grace", "Ada", "Grace", "Ada"]
    assert b"typed as" not in world.text()


def test_the_tables_are_those_of_the_revisions_up_and_down(tmp_path: Path) -> None:
    engine = database.opened(tmp_path / "desk.sqlite")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), database.metadata) == []
    database.downgrade(engine, "base")
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    database.upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), database.metadata) == []
    engine.dispose()


def test_an_upgrade_that_fails_leaves_the_tables_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE audit (id INTEGER)")  # in the way of the last table
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="audit already exists"):
        database.opened(path)
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("audit",)]


@pytest.mark.parametrize("name", ["acc?x=1.sqlite", "a%3fb.sqlite", "a#b.sqlite", ":memory:"])
def test_the_database_is_the_file_that_was_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = World(Path(name))
    world.file = tmp_path / name
    world.join("Ada")
    assert b"Ada" in world.text()
    world.people.close()
    assert {path.name for path in tmp_path.iterdir()} == {name}
    assert world.file.stat().st_mode & 0o077 == 0


def test_a_file_that_others_may_open_or_that_is_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    path.touch(0o644)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        database.opened(path)
    link = tmp_path / "link.sqlite"
    link.symlink_to(path)
    with pytest.raises(ConfigError, match="can't be used"):
        database.opened(link)
    (tmp_path / "text").write_text(
        "no database, but a longer text than a header of one would be" * 9
    )
    (tmp_path / "text").chmod(0o600)
    with pytest.raises(ConfigError, match="not a database"):
        database.opened(tmp_path / "text")

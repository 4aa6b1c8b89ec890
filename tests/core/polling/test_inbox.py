"""Acts requested by a desk: applied once, refused in a sentence, never taken from others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from doubles import FakeSource, StillClock, post

from twittervotes.core.contest.act_kinds import ACTS
from twittervotes.core.contest.acts import Act, ActKind, State
from twittervotes.core.contest.contest import Choice, Contest
from twittervotes.core.errors import LedgerError
from twittervotes.core.ledger.verify import verify
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.core.polling import requests
from twittervotes.core.polling.inbox import AT_ONCE, HIDDEN, Inbox
from twittervotes.core.polling.requests import ActAnswer, ActRequest, UntrustedFileError
from twittervotes.core.polling.session import Session

OPENS_MS = 1_700_000_000_000
CONTEST = Contest("?", (Choice("debian"), Choice("arch")), opens_ms=OPENS_MS)
SOURCE = FakeSource()
LATER_MS = OPENS_MS + 60_000


@dataclass
class Shown:
    hidden: bool = False


class Counter:
    """A counter without threads: a session, its inbox, and a clock that a test moves."""

    def __init__(self, path: Path, stack: ExitStack, contest: Contest = CONTEST) -> None:
        self.path = path
        self.clock = StillClock(OPENS_MS)
        self._stack = stack
        self.ledger = stack.enter_context(Ledger.create(path, contest, OPENS_MS))
        self._begin()

    def _begin(self) -> None:
        clock = self.clock.clock()
        self.session = Session(self.ledger, (SOURCE,), clock, every_ms=1000, settle_ms=0)
        self.session.begin()
        self.shown = Shown()
        self.inbox = Inbox(self.ledger, self.session, self.shown, clock)

    def restart(self) -> None:
        self.ledger.close()
        self.ledger = self._stack.enter_context(Ledger.reopen(self.path))
        self._begin()

    def ask(self, kind: requests.Kind, **more: object) -> ActAnswer:
        """Request an act, let the counter look, and return its answer."""
        name = requests.put(self.path, wanted(kind, **more))
        self.inbox.look()
        answer = requests.answer(self.path, name)
        assert answer is not None
        return answer

    def write(self, content: bytes, mode: int = 0o600) -> str:
        """Put a file into the inbox as somebody else would."""
        folder, name = requests.inbox_of(self.path), requests.new_id()
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / f"{name}.json").write_bytes(content)
        (folder / f"{name}.json").chmod(mode)
        return name

    def done(self) -> list[ActKind]:
        return [act.does for act in self.ledger.acts]


def wanted(kind: requests.Kind, **more: object) -> ActRequest:
    return msgspec.convert({"kind": kind, "by": "Ada", "expires_ms": LATER_MS} | more, ActRequest)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with ExitStack() as stack:
        yield Counter(tmp_path / "show.votes", stack)


def test_a_requested_act_records_person_and_request(
    counter: Counter,
) -> None:
    counter.clock.forward(1500)
    name = requests.put(counter.path, wanted("paused", reason="technical problem"))
    counter.inbox.look()
    assert requests.answer(counter.path, name) == ActAnswer(True, at_ms=OPENS_MS + 1500)
    act = counter.ledger.acts[-1]
    assert act == Act(
        ActKind.PAUSED, OPENS_MS + 1500, "Ada", reason="technical problem", request=name
    )
    assert counter.session.snapshot().state is State.PAUSED
    assert [path.name for path in requests.inbox_of(counter.path).iterdir()] == [
        f"{name}.done.json"
    ]
    counter.ledger.close()
    assert verify(counter.path).finding is None


def test_a_forbidden_act_is_refused(counter: Counter) -> None:
    before = counter.ledger.digest
    assert not counter.ask("resumed").applied
    assert counter.session.operate(Act(ActKind.RESUMED)).refused == counter.ask("resumed").words
    assert counter.ledger.digest == before


@pytest.mark.parametrize("kind", get_args(requests.Kind))
@pytest.mark.parametrize("state", State)
def test_what_is_allowed_in_each_state(kind: requests.Kind, state: State, tmp_path: Path) -> None:
    """The table of states and acts: requests follow the declarations, in every cell."""
    with ExitStack() as stack:
        later = replace(CONTEST, opens_ms=OPENS_MS + 9000)
        counter = Counter(
            tmp_path / "show.votes", stack, later if state is State.SCHEDULED else CONTEST
        )
        steps: dict[State, tuple[ActKind, ...]] = {
            State.SCHEDULED: (),
            State.OPEN: (),
            State.PAUSED: (ActKind.PAUSED,),
            State.CLOSING: (ActKind.CLOSED,),
            State.PROVISIONAL: (ActKind.CLOSED, ActKind.SETTLED),
            State.CERTIFIED: (ActKind.CLOSED, ActKind.SETTLED, ActKind.CERTIFIED),
        }
        if state is not State.SCHEDULED:
            for step in (ActKind.PAUSED, ActKind.RESUMED, *steps[state]):
                counter.ledger.act(Act(step, OPENS_MS))
                counter.clock.forward(2000)
            counter.restart()
        assert counter.session.snapshot().state is state
        values: dict[str, object] = {
            "until_ms": OPENS_MS + 500_000,
            "voter": "x:1",
            "reason": "jury",
            "tag": "debian",
            "votes": 3,
            "seed": "4 8 15",
            "pause_ms": OPENS_MS,
        }
        answer = counter.ask(kind, **values)
        allowed = kind in ("show", "hide") or state in ACTS[ActKind(kind)].states
        if kind == "drawn":  # there is no rule that decides by drawing here
            allowed = False
        assert answer.applied is allowed, answer
        assert bool(answer.words) is not allowed


def test_a_request_is_applied_once_although_its_answer_was_lost(counter: Counter) -> None:
    name = requests.put(counter.path, wanted("adjusted", tag="debian", votes=3, reason="jury"))
    file = requests.inbox_of(counter.path) / f"{name}.json"
    content = file.read_bytes()
    counter.inbox.look()
    requests.inbox_of(counter.path).joinpath(f"{name}.done.json").unlink()
    file.write_bytes(content)
    file.chmod(0o600)
    counter.restart()
    counter.inbox.look()
    assert counter.session.snapshot().contest.by_hand == (3, 0)
    assert requests.answer(counter.path, name) == ActAnswer(True, at_ms=OPENS_MS)
    assert not file.exists()


def test_results_are_hidden_and_shown_and_the_ledger_says_by_whom(counter: Counter) -> None:
    assert counter.ask("hide").applied
    assert counter.shown.hidden
    counter.restart()
    assert counter.inbox.was_hidden
    assert counter.ask("show").applied
    assert not counter.shown.hidden
    said = [(each["hidden"], each["by"]) for each in counter.ledger.curtains()]
    assert said == [(True, "Ada"), (False, "Ada")]
    counter.restart()
    assert not counter.inbox.was_hidden
    counter.ledger.close()
    assert verify(counter.path).finding is None


def test_requests_are_applied_in_order(counter: Counter) -> None:
    for kind in ("paused", "resumed", "paused", "resumed", "hide", "show", "closed"):
        requests.put(counter.path, wanted(kind))  # type: ignore[arg-type]
        counter.clock.forward(1)
    counter.inbox.look()
    assert counter.done() == ["opened", "paused", "resumed", "paused", "resumed", "closed"]
    assert not counter.shown.hidden


def test_no_refusal_tells_the_hidden_votes(counter: Counter) -> None:
    ask = counter.session.ask(SOURCE)
    posts = [post(n, "debian", OPENS_MS + n) for n in range(1, 8)]
    counter.session.record([SOURCE.page(ask, *posts, newest="7")])
    too_many = {"tag": "debian", "votes": -9, "reason": "jury"}
    assert "7 votes" in counter.ask("adjusted", **too_many).words
    assert counter.ask("hide").applied
    for kind in ("adjusted", "drawn", "certified"):
        words = counter.ask(kind, seed="4 8 15", **too_many).words  # type: ignore[arg-type]
        assert words == HIDDEN
    assert "open" in counter.ask("resumed").words


def test_a_late_request_is_refused(counter: Counter) -> None:
    name = requests.put(counter.path, wanted("closed", expires_ms=OPENS_MS + 1000))
    counter.clock.forward(1001)
    counter.inbox.look()
    answer = requests.answer(counter.path, name)
    assert answer is not None
    assert "in time" in answer.words
    assert counter.done() == [ActKind.OPENED]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 60_000,
        b"\xff",
        b"{}",
        b'{"kind":"settled","by":"A","expires_ms":1700000060000}',
        b'{"kind":"ruled","by":"A","expires_ms":1700000060000}',
        b'{"kind":"paused","by":"","expires_ms":1700000060000}',
        b'{"kind":"paused","by":"A","expires_ms":1700000060000,"at_ms":1}',
        b'{"kind":"paused","by":"A","expires_ms":1e400}',
        b'{"kind":"paused","by":"\\ud800","expires_ms":1700000060000}',
        b'{"kind":"adjusted","by":"A","expires_ms":1700000060000,"votes":1000000000000}',
        b'{"kind":"extended","by":"A","expires_ms":1700000060000,"until_ms":9223372036854775807}',
        b'{"kind":"paused","by":"A","expires_ms":1700000060000,"reason":"%s"}' % (b"x" * 70_000),
    ],
    ids=[
        *("empty", "nested", "not text", "nothing", "settled", "ruled", "no name", "unknown field"),
        *("no number", "surrogate", "many votes", "far end", "long"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    content: bytes, counter: Counter
) -> None:
    before = counter.ledger.digest
    name = counter.write(content)
    counter.inbox.look()
    answer = requests.answer(counter.path, name)
    assert answer is not None
    assert not answer.applied
    assert answer.words
    assert counter.ledger.digest == before
    assert counter.ask("paused").applied, "the next one is applied"


def pause() -> bytes:
    return msgspec.json.encode(wanted("paused"))


@pytest.mark.parametrize("mode", [0o644, 0o620, 0o666], ids=oct)
def test_a_request_that_others_could_write_or_read_is_refused(mode: int, counter: Counter) -> None:
    name = counter.write(pause(), mode)
    counter.inbox.look()
    answer = requests.answer(counter.path, name)
    assert answer is not None
    assert "open to other users" in answer.words
    assert counter.done() == [ActKind.OPENED]


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o777], ids=oct)
def test_a_folder_that_others_could_write_to_is_not_read(
    mode: int, counter: Counter, caplog: pytest.LogCaptureFixture
) -> None:
    name = counter.write(pause())
    requests.inbox_of(counter.path).chmod(mode)
    counter.inbox.look()
    counter.inbox.look()
    assert counter.done() == [ActKind.OPENED]
    assert caplog.text.count("open to other users") == 1, "it is reported once"
    requests.inbox_of(counter.path).chmod(0o700)
    counter.inbox.look()
    assert counter.done() == [ActKind.OPENED, ActKind.PAUSED]
    assert requests.answer(counter.path, name) == ActAnswer(True, at_ms=OPENS_MS)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_another_user_is_not_applied(counter: Counter) -> None:
    name = counter.write(pause())
    folder = requests.inbox_of(counter.path)
    os.chown(folder / f"{name}.json", 4711, 4711)
    counter.inbox.look()
    answer = requests.answer(counter.path, name)
    assert answer is not None
    assert "another user" in answer.words
    counter.write(pause())
    os.chown(folder, 4711, 4711)
    counter.inbox.look()
    assert counter.done() == [ActKind.OPENED]
    with pytest.raises(UntrustedFileError, match="another user"):
        requests.put(counter.path, wanted("paused"))


def test_no_link_is_followed(counter: Counter, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder = requests.inbox_of(counter.path)
    folder.symlink_to(elsewhere)
    (elsewhere / f"{requests.new_id()}.json").write_bytes(pause())
    counter.inbox.look()
    assert counter.done() == [ActKind.OPENED]
    folder.unlink()
    folder.mkdir(mode=0o700)
    secret = tmp_path / "secret"
    secret.write_bytes(pause())
    secret.chmod(0o600)
    (folder / f"{requests.new_id()}.json").symlink_to(secret)
    os.mkfifo(folder / f"{requests.new_id()}.json", 0o600)
    counter.inbox.look()
    assert counter.done() == [ActKind.OPENED]
    assert secret.read_bytes() == pause()


def test_what_cannot_be_read_or_removed_holds_up_nobody(
    counter: Counter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = requests.inbox_of(counter.path)
    folder.mkdir(mode=0o700)
    for _ in range(AT_ONCE + 5):
        (folder / f"{requests.new_id()}.json").mkdir(mode=0o700)
    link = requests.new_id()
    (folder / f"{link}.json").symlink_to(tmp_path / "nowhere")
    opened = os.open(tmp_path, os.O_RDONLY)
    os.close(opened)
    assert counter.ask("paused").applied
    refused = requests.answer(counter.path, link)
    assert refused is not None
    assert not refused.applied
    assert counter.ask("resumed").applied
    assert [record.message[:33] for record in caplog.records].count(
        "A requested act can't be answered"
    ) == 1
    assert os.open(tmp_path, os.O_RDONLY) == opened, "descriptors were left open"
    os.close(opened)


def test_ledgers_that_differ_in_their_ending_have_inboxes_of_their_own(tmp_path: Path) -> None:
    places = {requests.inbox_of(tmp_path / name) for name in ("show.votes", "show.db", "show")}
    assert len(places) == 3


def test_without_a_desk_there_is_no_folder(counter: Counter) -> None:
    counter.inbox.look()
    assert not requests.inbox_of(counter.path).exists()


def test_old_answers_are_removed(counter: Counter) -> None:
    counter.clock.today_ms = requests.asked_ms(requests.new_id()) - 1000
    name = requests.put(counter.path, wanted("hide", expires_ms=counter.clock.today_ms + 9000))
    counter.inbox.look()
    assert requests.answer(counter.path, name)
    counter.clock.forward(25 * 3_600_000)
    requests.put(counter.path, wanted("show"))
    counter.inbox.look()
    assert requests.answer(counter.path, name) is None


def test_a_certified_result_can_still_be_hidden_but_gets_no_entry(counter: Counter) -> None:
    counter.ledger.act(Act(ActKind.CLOSED, OPENS_MS + 1000))
    counter.ledger.act(Act(ActKind.SETTLED, OPENS_MS + 2000))
    assert counter.ask("certified").applied
    digest = counter.ledger.digest
    assert counter.ask("hide").applied
    assert counter.shown.hidden
    assert counter.ledger.digest == digest
    assert counter.ask("paused").words == "The result is certified and can't be changed."


def test_names_are_in_the_order_of_their_making_and_say_when() -> None:
    names = [requests.new_id(OPENS_MS + at // 3) for at in range(30)]
    assert names == sorted(names)
    assert [requests.asked_ms(name) for name in names] == [OPENS_MS + at // 3 for at in range(30)]
    assert all(requests.REQUEST.fullmatch(f"{name}.json") for name in names)


def test_a_strange_entry_of_the_curtain_is_reported(counter: Counter) -> None:
    counter.ledger.append([Entry("curtain", "", {"hidden": "maybe"})], OPENS_MS)
    with pytest.raises(LedgerError, match="damaged"):
        counter.restart()


def test_votes_that_come_meanwhile_are_counted(counter: Counter) -> None:
    requests.put(counter.path, wanted("adjusted", tag="arch", votes=2, reason="jury"))
    ask = counter.session.ask(SOURCE)
    counter.session.record([SOURCE.page(ask, post(1, "debian", OPENS_MS + 1), newest="1")])
    counter.inbox.look()
    assert counter.session.snapshot().tally.adjusted((0, 2)).total >= 3

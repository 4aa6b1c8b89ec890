"""Sheets of codes, receipts that are explained, and boxes that follow another."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from ballot_boxes import CONTEST, SLUG, asked, running
from patience import PATIENCE_S, until

from twittervotes.ballots import receipts
from twittervotes.core.contest.posts import Ask, Page
from twittervotes.core.ledger.reader import Reader
from twittervotes.core.ledger.writer import Entry, Ledger
from twittervotes.sources.web import keys


def command(*words: str | Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "twittervotes", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    key_file = tmp_path / "ballots.key"
    path.write_text(f"web: {{level: code, name: votes.example.org, keys: {key_file}}}\n")
    path.chmod(0o600)
    return path


def test_a_sheet_has_each_code_once(tmp_path: Path, config: Path) -> None:
    sheet = tmp_path / "codes.csv"
    told = command("codes", "--number", "30", "--to", sheet, "--config", config)
    assert "codes 1 to 30, for https://votes.example.org" in told
    with sheet.open(newline="") as file:
        rows = list(csv.DictReader(file))
    secret = keys.load(tmp_path / "ballots.key")
    assert [row["code"] for row in rows] == [secret.code(n) for n in range(1, 31)]
    assert all(row["link"] == f"https://votes.example.org/{row['code']}" for row in rows)
    assert sheet.stat().st_mode & 0o077 == 0


def test_each_ticket_has_a_qr_code_and_its_text(tmp_path: Path, config: Path) -> None:
    for name in ("codes.html", "codes.pdf"):
        command(
            "codes", "--number", "25", "--first", "8", "--to", tmp_path / name, "--config", config
        )
    secret = keys.load(tmp_path / "ballots.key")
    codes = [secret.code(n) for n in range(8, 33)]
    page = (tmp_path / "codes.html").read_text()
    assert page.count("<svg") == 25
    assert re.findall(r'class="code">([^<]+)<', page) == codes
    pdf = (tmp_path / "codes.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-1.4")
    streams = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.S)
    text = b"".join(map(zlib.decompress, streams)).decode()
    assert re.findall(r"\((\w{4}-\w{4}-\w{4})\)", text) == codes
    assert len(streams) == 2
    table = int(re.findall(rb"startxref\n(\d+)", pdf)[0])
    assert pdf[table:].startswith(b"xref")


def test_new_codes_end_the_old_ones(tmp_path: Path, config: Path) -> None:
    sheet = tmp_path / "codes.csv"
    command("codes", "--to", sheet, "--config", config)
    old = keys.load(tmp_path / "ballots.key")
    told = command("codes", "--new", "--to", sheet, "--config", config)
    assert "aren't valid any more" in told
    assert not keys.load(tmp_path / "ballots.key").is_code(old.code(1))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--to", "codes.docx"), "must end in .html, .pdf or .csv"),
        (("--to", "codes.csv", "--number", "30000"), "20,000 codes at most"),
        (("--to", "codes.csv", "--first", "1048570"), "numbered up to 1,048,575"),
    ],
)
def test_a_sheet_that_cannot_be_made_is_refused(
    tmp_path: Path, config: Path, words: tuple[str, ...], sentence: str
) -> None:
    assert sentence in command("codes", *words, "--config", config, code=2)
    assert list(tmp_path.glob("codes.*")) == []


def test_a_receipt_is_explained_and_its_choice_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.votes"
    assert receipts.box_of(path) == tmp_path / "a-box"
    with running(tmp_path) as box:
        box.tell(per_account="last")
        first, last = (str(box.cast(tag, 1).said["receipt"]) for tag in ("debian", "arch"))
        source = box.source()
        page = source.fetch(Ask(source.feeds(CONTEST)[0]))
        assert isinstance(page, Page)
    with Ledger.create(path, CONTEST, 1) as ledger:
        about = {"network": "web", "complete": True, "queries": ["all"]}
        feed = {"feed": "ballots", "bad": [], "position": {}}
        ledger.append([Entry("source", "web", about), Entry("page", "web", feed, page.posts)], 2)
    assert "Counted" in command("explain", path, first)
    told = command("explain", path, last.lower().replace("-", " "))
    assert "Not counted: an earlier vote of yours counts" in told
    assert "arch" not in told
    with Reader(path) as reader:
        assert receipts.looked_up(reader, "K7QF-2M9D-X4TR") is None
    (tmp_path / "a-box").unlink()
    assert "has no post or account" in command("explain", path, first, code=2)


def test_a_further_box_follows_the_first_and_shares_its_codes(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        words = ("--follow", first.url, "--keys", str(first.key_file), "--port", "0")
        process = subprocess.Popen(
            [sys.executable, "-m", "twittervotes", "box", *words, str(tmp_path / "second")],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            port = int(re.findall(r"http://127\.0\.0\.1:(\d+)", line)[0])
            assert "use --host 0.0.0.0 for phones" in process.stdout.readline()
            assert first.cast("debian", 1, port=port).status == 201
            assert first.cast("arch", 1).status == 201  # the ledger counts one of them
            first.tell(paused=True)
            until(lambda: first.cast("arch", 2, port=port).status == 503)
            first.tell(closes_ms=1)
            until(lambda: first.cast("arch", 3, port=port).status == 403)
            feed = f"/v1/contests/{SLUG}/feed"
            token = {"authorization": f"Bearer {first.keys.feed_token}"}
            assert asked(port, "GET", feed, headers=token).said["end"]
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
            process.stdout.close()
        assert process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address")
def test_a_box_prints_the_address_that_it_listens_on(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        words = ("--follow", first.url, "--keys", str(first.key_file), "--port", "0")
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "twittervotes", "box", *words),
                *("--host", "127.0.0.2", str(tmp_path / "second")),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            assert re.search(r"at http://127\.0\.0\.2:\d+ \(", process.stdout.readline())
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
            process.stdout.close()


def test_a_box_says_what_it_cannot_follow(tmp_path: Path) -> None:
    started = time.monotonic()
    words = ("--follow", "http://127.0.0.1:9", "--port", "0")
    told = command("box", *words, tmp_path / "second", code=2)
    assert "http://127.0.0.1:9 can't be followed: " in told
    assert time.monotonic() - started < PATIENCE_S
    assert not (tmp_path / "second").exists()

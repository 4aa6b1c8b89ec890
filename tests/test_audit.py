"""`make audit`, with the real pip-audit and a service that returns what a test wants."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

ROOT = Path(__file__).resolve().parents[1]
ADVISORY = "PYSEC-2026-1"


def audited(url: str, changed: tuple[str, str] = ("", "")) -> subprocess.CompletedProcess[str]:
    """Run the audit, perhaps with one word of it changed, against another service."""
    path = ROOT / "tools" / "audit.py"
    code = path.read_text("utf-8").replace(*changed).replace("__file__", repr(str(path)))
    service = {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": url}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **service},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def service(httpserver: HTTPServer) -> HTTPServer:
    """A service that knows one advisory, about msgspec."""

    def answered(request: Request) -> Response:
        asked = json.loads(request.get_data())["package"]["name"]
        package = {"name": "msgspec", "ecosystem": "PyPI"}
        vuln = {"id": ADVISORY, "aliases": ["CVE-2026-1"], "affected": [{"package": package}]}
        return Response(json.dumps({"vulns": [vuln]} if asked == "msgspec" else {}))

    httpserver.expect_request("/v1/query").respond_with_handler(answered)
    return httpserver


def test_a_vulnerable_version_fails_and_is_named(service: HTTPServer) -> None:
    done = audited(service.url_for("/v1/query"))
    assert done.returncode == 1
    assert "audit: msgspec " in done.stdout
    assert ADVISORY in done.stdout
    assert "1 vulnerable" in done.stdout


def test_what_is_accepted_with_a_reason_passes(service: HTTPServer) -> None:
    accepted = ("ACCEPTED: dict[str, str] = {}", 'ACCEPTED = {"CVE-2026-1": "a reason"}')
    done = audited(service.url_for("/v1/query"), accepted)
    assert (done.returncode, "0 vulnerable" in done.stdout) == (0, True), done


@pytest.mark.parametrize("answer", ["no JSON", None], ids=["strange", "unreachable"])
def test_an_unreachable_service_fails_nothing(answer: str | None, httpserver: HTTPServer) -> None:
    url = "http://127.0.0.1:9/v1/query"
    if answer:
        httpserver.expect_request("/v1/query").respond_with_data(answer)
        url = httpserver.url_for("/v1/query")
    done = audited(url)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1
    assert "not checked" in done.stdout

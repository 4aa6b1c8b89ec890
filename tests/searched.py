"""Search for secrets in everything a program has left behind, including packed files."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import psutil

# Everything at DEBUG, including the libraries.
LOGCONFIG = """\
[loggers]
keys = root
[logger_root]
level = DEBUG
handlers = stderr
[handlers]
keys = stderr
[handler_stderr]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatters]
keys = plain
[formatter_plain]
format = %(asctime)s %(levelname)s %(name)s: %(message)s
"""


def log_everything(home: Path) -> None:
    """Make programs with this home folder log everything."""
    path = home / ".config" / "twittervotes" / "logconfig.ini"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(LOGCONFIG)


def forms(secrets: Iterable[str]) -> Iterator[bytes]:
    """Yield every encoding in which a secret may be written."""
    for secret in secrets:
        assert len(secret) > 7, "it would be found by chance"
        yield from {
            form.encode()
            for form in (
                secret,
                quote(secret, safe=""),
                json.dumps(secret)[1:-1],
                base64.b64encode(secret.encode()).decode().rstrip("="),
            )
        }


def found(secrets: Iterable[str], data: bytes) -> list[bytes]:
    """Return the encoded secrets that are in `data`, or in what is packed in it."""
    parts = [data]
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts += [packed.read(name) for name in packed.namelist()]
    return [form for form in forms(secrets) if any(form in part for part in parts)]


def leaks(secrets: Iterable[str], folder: Path, kept: Iterable[Path]) -> dict[str, list[bytes]]:
    """Return the files below `folder` that contain a secret, except those where it is `kept`."""
    secrets, kept = [*secrets], [*kept]
    files = [path for path in folder.rglob("*") if path.is_file() and path not in kept]
    told = {str(path.relative_to(folder)): found(secrets, path.read_bytes()) for path in files}
    return {name: forms for name, forms in told.items() if forms}


def seen_of(pid: int) -> str:
    """Return what other users of the machine see of a process and its children: command lines."""
    try:
        process = psutil.Process(pid)
        lines = [each.cmdline() for each in (process, *process.children(recursive=True))]
    except psutil.Error:
        return ""
    return "\n".join(word for line in lines for word in line)

"""Register the program with a Linux desktop: a menu entry, and votes opened by double-clicking.

Writes two small files into the user's data folder, and removes them again with --remove.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs

NAME, MIME = "twittervotes", "application/x-twittervotes"
ENTRY = f"""\
[Desktop Entry]
Type=Application
Name=twittervotes
Comment=Count the votes an audience casts by posting hashtags
Exec={{program}} %f
Terminal=false
Categories=AudioVideo;Network;
MimeType={MIME};
StartupNotify=true
"""
# A ledger is an SQLite file with the application ID TVVE (twittervotes/core/ledger/file.py).
KIND = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="{MIME}">
    <comment>Hashtag vote</comment>
    <sub-class-of type="application/vnd.sqlite3"/>
    <magic priority="60">
      <match type="string" value="SQLite format 3" offset="0">
        <match type="string" value="TVVE" offset="68"/>
      </match>
    </magic>
    <glob pattern="*.votes"/>
  </mime-type>
</mime-info>
"""


def places() -> dict[Path, str]:
    """Return the content of each file to write, by path."""
    data = platformdirs.user_data_path()
    program = " ".join(map(quoted, (sys.executable, "-m", "twittervotes")))
    return {
        data / "applications" / f"{NAME}.desktop": ENTRY.format(program=program),
        data / "mime" / "packages" / f"{NAME}.xml": KIND,
    }


def quoted(word: str) -> str:
    """Quote an argument of an Exec line.

    https://specifications.freedesktop.org/desktop-entry-spec/latest/exec-variables.html
    """
    if not set(word) & set(" \t\n\"'\\><~|&;$*?#()`%"):
        return word
    for sign in ("\\", '"', "`", "$"):
        word = word.replace(sign, f"\\{sign}")
    return f'"{word}"'.replace("\\", "\\\\").replace("%", "%%")


def refresh() -> None:
    """Make the desktop read the new files; without these programs it does so by itself."""
    data = platformdirs.user_data_path()
    commands = {
        "update-mime-database": data / "mime",
        "update-desktop-database": data / "applications",
    }
    for command, folder in commands.items():
        program = shutil.which(command)
        if program and folder.is_dir():
            subprocess.run([program, str(folder)], check=False)  # noqa: S603 - our own words


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--remove", action="store_true", help="take the files away again")
    remove = parser.parse_args().remove
    for path, text in places().items():
        if remove:
            path.unlink(missing_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"Saved: {path}\n")
    refresh()


if __name__ == "__main__":
    main()

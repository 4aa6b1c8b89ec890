"""Where the files are that come with the program: config.yaml and logconfig.ini."""

from pathlib import Path


def shipped(name: str) -> Path:
    """Return a file's path: in the package where it is installed, beside it in a checkout."""
    package = Path(__file__).parents[1]
    return package / name if (package / name).is_file() else package.parent / name

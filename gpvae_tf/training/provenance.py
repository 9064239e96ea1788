"""The commit that a number was made with."""

import subprocess
from pathlib import Path

_CODE = ("gpvae_tf", "scripts", "setup.py", "requirements.txt")


def git_commit() -> str:
    """Short hash of the checkout this library runs from; "-dirty" after it if code differs; "unknown" without git."""
    root = Path(__file__).resolve().parents[2]

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != root:
            return "unknown"  # installed inside somebody else's repository
        commit = git("rev-parse", "--short", "HEAD")
        changed = git("status", "--porcelain", "--", *_CODE)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}-dirty" if changed else commit

"""What the Dockerfile says, read without Docker."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def steps_of_the_image() -> list[tuple[str, str]]:
    """Its instructions, long lines joined, comments left out."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    return [tuple(line.split(None, 1)) for line in text.replace("\\\n", " ").splitlines() if line.strip()]

"""The secrets of one installation on one machine. Read by the settings, so it knows none of them."""

import os
import secrets
from pathlib import Path

SECRET_KEY = "secret_key"  # noqa: S105 (the name of a file)
PRACTICE_PASSWORD = "practice_password"  # noqa: S105 (the name of a file)


def secret_of_installation(var_dir: Path, name: str = SECRET_KEY, *, size: int = 64) -> str:
    """Made once, in a file only the owner reads; two processes that start together agree on one."""
    path = Path(var_dir) / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        own = path.with_name(f"{name}.{os.getpid()}")
        descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(size))
        try:
            os.link(own, path)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return path.read_text().strip()

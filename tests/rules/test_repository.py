"""Rules about the files of the project itself."""

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted(ROOT.glob("*.lock"))
MACHINE_PATH = re.compile(r"(?<![\w.~/$}-])/(?:work|home|root|Users)/")


@cache
def tracked() -> tuple[Path, ...]:
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository here")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())


def test_lock_files_name_no_index() -> None:
    assert len(LOCKS) >= 2
    assert [lock.name for lock in LOCKS if "://" in lock.read_text()] == []
    assert '"resolved": "http' not in (ROOT / "package-lock.json").read_text()


def test_every_locked_package_has_a_hash() -> None:
    """SP-41."""
    for lock in LOCKS:
        entries = re.split(r"\n(?=[a-z0-9])", lock.read_text().strip())
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_no_tracked_file_holds_a_path_of_a_machine() -> None:
    found = []
    for path in tracked():
        if path == Path(__file__).resolve():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {hit[0]}" for hit in MACHINE_PATH.finditer(text)]
    assert found == []


@pytest.mark.parametrize("name", ["a.mo", "var/desk.sqlite3", ".env", "node_modules/x", "imidesk/static/build/x"])
def test_what_a_machine_makes_is_not_tracked(name: str) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository here")
    assert subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT).returncode == 0
    assert ROOT / name not in tracked()


@pytest.mark.parametrize(
    "target",
    [
        "setup",
        "run",
        "test",
        "check",
        "practice",
        "later",
        "screenshots",
        "manual",
        "soak",
        "backup",
        "restore",
        "help",
    ],
)
def test_makefile_has_the_target(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{target}: ## \S", makefile, re.MULTILINE)


def test_the_licence_is_the_eupl() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("# EUROPEAN UNION PUBLIC LICENCE v. 1.2")


def test_the_image_leaves_out_data_and_secrets() -> None:
    """SP-39."""
    assert {"var/", ".env", "secrets/"} <= set((ROOT / ".dockerignore").read_text().splitlines())


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Docker need not be here: Debian's YAML parser reads the file."""
    read = subprocess.run(
        ["/usr/bin/python3", "-c", "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"],
        input=(ROOT / "docker-compose.yml").read_text(),
        capture_output=True,
        text=True,
    )
    if "No module named 'yaml'" in read.stderr and os.environ.get("CI") != "true":
        pytest.skip("python3-yaml is not installed")
    assert read.returncode == 0, read.stderr
    parsed: dict[str, Any] = json.loads(read.stdout)
    return parsed


def test_compose_hardens_every_service(compose: dict[str, Any]) -> None:
    """SP-39."""
    assert {"web", "worker", "beat", "postgres", "redis"} <= set(compose["services"])
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert re.search(r":\d+\.\d+", service["image"]), name


def test_compose_lets_only_the_worker_make_and_remove_keys(compose: dict[str, Any]) -> None:
    """SP-04, SP-38: the process that the outside talks to reads them."""
    keys = {
        name: [one for one in service["volumes"] if isinstance(one, dict) and one["target"] == "/run/imidesk-keys"]
        for name, service in compose["services"].items()
        if name in ("web", "worker", "beat", "migrate")
    }
    assert all(len(found) == 1 for found in keys.values())
    assert [name for name, found in keys.items() if not found[0].get("read_only")] == ["worker"]


def test_compose_publishes_only_the_web_on_this_machine(compose: dict[str, Any]) -> None:
    """SP-39."""
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000"]}
    assert compose["networks"]["inside"]["internal"] is True
    for name in ("postgres", "redis"):
        assert compose["services"][name]["networks"] == ["inside"]


def test_compose_takes_secrets_from_files_only(compose: dict[str, Any]) -> None:
    """SP-39."""
    for name, secret in compose["secrets"].items():
        assert secret["file"].startswith("./secrets/"), name
    for name, service in compose["services"].items():
        assert set(service.get("secrets", [])) <= set(compose["secrets"]), name
        for variable in service.get("environment", {}):
            assert not re.search(r"(PASSWORD|SECRET|TOKEN|_URL|_KEY)$", variable) or variable == "IMIDESK_BASE_URL", (
                name
            )

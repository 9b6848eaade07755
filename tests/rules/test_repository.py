"""Rules about the files of the project itself."""

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.dockerfile import steps_of_the_image

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
    """SP-39; nor does it hold what only tries and measures the desk."""
    left_out = {"var/", ".env", "secrets/", "tests/", "bench/"}
    assert left_out <= set((ROOT / ".dockerignore").read_text().splitlines())


@cache
def stages() -> list[list[tuple[str, str]]]:
    """The instructions of the image by the base that each part starts from; the last part is what runs."""
    found: list[list[tuple[str, str]]] = []
    for word, rest in steps_of_the_image():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def said(stage: list[tuple[str, str]], word: str) -> list[str]:
    return [rest for name, rest in stage if name == word]


def test_the_image_makes_the_front_end_apart_and_runs_on_a_slim_python() -> None:
    """SP-41: versions to the last number, packages by their hash, and no npm in what runs."""
    assets, desk = stages()
    assert re.fullmatch(r"node:\d+\.\d+\.\d+-\w+-slim AS assets", said(assets, "FROM")[0])
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", said(desk, "FROM")[0])
    assert any(command.startswith("npm ci --ignore-scripts") for command in said(assets, "RUN"))
    assert any("--require-hashes" in command and "-r requirements.lock" in command for command in said(desk, "RUN"))
    assert "--from=assets /app/imidesk/static/build imidesk/static/build" in said(desk, "COPY")
    assert not any("npm" in command for command in said(desk, "RUN"))


def test_the_image_runs_as_a_user_who_is_not_root() -> None:
    """SP-39."""
    user = said(stages()[-1], "USER")[-1]
    made = [re.search(rf"useradd .*--uid (\d+) .*\b{user}\b", command) for command in said(stages()[-1], "RUN")]
    assert [int(found[1]) for found in made if found and int(found[1]) > 0], user
    words = [word for word, _rest in stages()[-1]]
    assert "RUN" not in words[words.index("USER") :]


def test_the_image_serves_by_gunicorn_under_the_production_settings() -> None:
    """SP-38; the entry point only reads the addresses that carry a password from their files."""
    (command,) = said(stages()[-1], "CMD")
    assert json.loads(command)[:2] == ["gunicorn", "imidesk.wsgi"]
    assert said(stages()[-1], "ENTRYPOINT") == ['["sh", "scripts/entrypoint.sh"]']
    assert "DJANGO_SETTINGS_MODULE=imidesk.settings.production" in said(stages()[-1], "ENV")[0].split()


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
        assert [one for one in service["tmpfs"] if one.split(":")[0] == "/tmp"], name


def test_compose_lets_no_service_leave_a_core_dump(compose: dict[str, Any]) -> None:
    """SP-15: the memory of a desk holds what is opened."""
    assert {name: service.get("ulimits") for name, service in compose["services"].items()} == {
        name: {"core": 0} for name in ("migrate", "web", "worker", "beat", "postgres", "redis")
    }


def test_compose_asks_every_server_whether_it_is_well(compose: dict[str, Any]) -> None:
    asked = {
        name: service["healthcheck"]["test"]
        for name, service in compose["services"].items()
        if "healthcheck" in service
    }
    assert set(asked) == {"web", "postgres", "redis"}
    assert asked["web"] == ["CMD", "python", "scripts/healthy.py"] and (ROOT / asked["web"][-1]).is_file()
    assert asked["postgres"][1] == "pg_isready"
    assert "redis-cli ping" in asked["redis"][1]


def test_compose_starts_the_desk_on_a_migrated_database_and_a_well_broker(compose: dict[str, Any]) -> None:
    """`migrate` runs once, when the database is well; whoever works waits for its good end."""
    migrate = compose["services"]["migrate"]
    assert migrate["restart"] == "no"
    assert "python manage.py migrate" in migrate["command"][-1]
    assert migrate["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("web", "worker", "beat"):
        service = compose["services"][name]
        assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}, name
        assert service["depends_on"]["redis"] == {"condition": "service_healthy"}, name
        assert service["restart"] == "unless-stopped", name


def test_compose_runs_the_web_by_the_command_of_the_image_and_celery_beside_it(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert not {"command", "entrypoint", "user"} & set(services["web"])
    for name in ("worker", "beat"):
        assert services[name]["command"][:4] == ["celery", "-A", "imidesk", name]
    assert not [name for name in services if "root" in str(services[name].get("user", ""))]


def test_compose_lets_redis_write_nothing_to_disk(compose: dict[str, Any]) -> None:
    """The queue only wakes; what it held is nowhere after it stops."""
    redis = compose["services"]["redis"]
    options = dict(zip(redis["command"][2::2], redis["command"][3::2], strict=True))
    assert options == {"--save": "", "--appendonly": "no"}
    assert "volumes" not in redis and "/data" in redis["tmpfs"]


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
        assert service["secrets"] and set(service["secrets"]) <= set(compose["secrets"]), name
        for variable in service.get("environment", {}):
            assert not re.search(r"(PASSWORD|SECRET|TOKEN|_URL|_KEY)$", variable) or variable == "IMIDESK_BASE_URL", (
                name
            )

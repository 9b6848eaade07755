"""The list of parts of a release names what the lock files name, and nothing of the tests (SP-41)."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def printed():
    made = subprocess.run([sys.executable, str(ROOT / "scripts" / "sbom.py")], check=True, capture_output=True)
    return made.stdout


def locked(name):
    return set(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", (ROOT / name).read_text(), re.MULTILINE))


def test_every_locked_part_is_named_once_with_its_version():
    listed = json.loads(printed())

    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.5")
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", listed["serialNumber"])
    purls = [component["purl"] for component in listed["components"]]
    assert len(purls) == len(set(purls))
    python = {(one["name"], one["version"]) for one in listed["components"] if one["purl"].startswith("pkg:pypi/")}
    assert python == locked("requirements.lock")
    assert len(python) > 40
    lock = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    wanted = {path.rpartition("node_modules/")[2] for path, one in lock.items() if path and not one.get("dev")}
    npm = [component for component in listed["components"] if component["purl"].startswith("pkg:npm/")]
    assert {component["name"] for component in npm} == wanted != set()
    assert all(re.fullmatch(r"[0-9a-f]{128}", one["hashes"][0]["content"]) for one in npm)


def test_packages_of_the_tests_are_not_in_it():
    names = {component["name"] for component in json.loads(printed())["components"]}

    assert "pytest" in {name for name, _version in locked("requirements-dev.lock")}
    assert not {"pytest", "ruff", "mypy", "playwright", "axe-core"} & names


def test_the_same_locks_give_the_same_bytes():
    assert printed() == printed()

"""A copy goes back as it was: over a desk that went on, and onto a machine that has nothing but the keys (design 7)."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest
from django.db import connection

from tests.factories.world import SUBJECT
from tests.real.machine import Machine

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("desks")]


def make_copy(desk: Machine) -> Path:
    made = desk.manage("backup")
    assert made.returncode == 0, made.stderr
    return Path(made.stdout.strip())


def torn(copy: Path, to: Path) -> Path:
    """A copy whose dump ends half-way, though its manifest says that this is how it was made."""
    shutil.copytree(copy, to)
    dump = to / "database.dump"
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size * 2 // 3])
    manifest = json.loads((to / "manifest.json").read_text())
    manifest["sha256"][dump.name] = hashlib.sha256(dump.read_bytes()).hexdigest()
    (to / "manifest.json").write_text(json.dumps(manifest))
    return to


def test_a_copy_goes_back_over_a_desk_that_went_on(desks, tmp_path):
    desk = desks.ready()
    with desk.checker() as checker:
        request = checker.life()
        before = checker.opens(request["pk"])
        assert before["family_name"] == SUBJECT["family_name"]
        assert before["files"] and before["sessions"] == 1 and before["faults"] == []
        copy = make_copy(desk)
        later = checker.life()
        assert checker.opens(later["pk"])["files"]
        sizes = checker.sizes()
        if connection.vendor == "postgresql":
            refused = desk.manage("restore", str(copy), "--replace")
            assert refused.returncode == 1 and "still running" in refused.stderr

    refused = desk.manage("restore", str(copy))
    assert refused.returncode == 1 and "--replace" in refused.stderr
    if connection.vendor == "postgresql":
        refused = desk.manage("restore", str(torn(copy, tmp_path / "torn")), "--replace")
        assert refused.returncode == 1 and "Nothing was put back" in refused.stderr
    with desk.checker() as checker:
        assert checker.sizes() == sizes

    restored = desk.manage("restore", str(copy), "--replace")

    assert restored.returncode == 0, restored.stderr
    for told in ("every session is ended", "Every chain is whole", "Every grant follows"):
        assert told in restored.stdout
    with desk.checker() as checker:
        assert checker.opens(request["pk"]) == {**before, "sessions": 0}
        after = checker.sizes()
        assert after["requests"] == sizes["requests"] - 1
        assert after["files without a row"] == 0


def test_a_copy_goes_back_on_an_empty_machine_with_the_keys_from_escrow(desks, tmp_path):
    """Twice, so that what was put back can itself be copied."""
    lost = desks.ready()
    with lost.checker() as checker:
        request = checker.life()
        before = checker.opens(request["pk"])
    copy = make_copy(lost)
    shutil.copytree(lost.var / "keys", tmp_path / "escrow")

    fresh = desks.empty()
    without = fresh.manage("restore", str(copy))
    assert without.returncode == 1
    assert re.search(r"The file of key \S+ is missing", without.stderr)
    shutil.copytree(tmp_path / "escrow", fresh.var / "keys", dirs_exist_ok=True)
    for source in (copy, make_copy(fresh)):
        restored = fresh.manage("restore", str(source), "--replace")
        assert restored.returncode == 0, restored.stderr
    with fresh.checker() as checker:
        assert checker.opens(request["pk"]) == {**before, "sessions": 0}

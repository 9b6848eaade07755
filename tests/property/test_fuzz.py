"""Broken intake files at the desk's own door: faults with path and rule, and nothing kept (SP-31).

500 in CI, the same ones every time; `make fuzz` sets IMIDESK_FUZZ to 10,000 new ones and prints the slowest.
"""

import copy
import json
import os
import tempfile
import time
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from authorities.services import load_lists
from requests_app.intake import Fault
from requests_app.services import receiving
from tests.property.test_intake_property import EXAMPLES, MARKER, places, values
from tests.property.test_walks import undone

pytestmark = pytest.mark.slow
WANTED = int(os.environ.get("IMIDESK_FUZZ", "500"))
SLOWEST = 10
TABLES = sorted(model._meta.db_table for model in apps.get_models() if model._meta.managed)
COUNT_ALL = " UNION ALL ".join(f"SELECT '{table}', COUNT(*) FROM {table}" for table in TABLES)
PIECES = [
    b"{",
    b"]",
    b",",
    b'"',
    b"\\u0000",
    b"\\ud800",
    b"1e999",
    b"NaN",
    b"-",
    b"\xff",
    b"\0",
    b"[" * 200,
    b"9" * 400,
]


@st.composite
def changed_values(draw):
    """An example in which values are replaced, dropped, added or doubled."""
    value = json.loads(draw(st.sampled_from(EXAMPLES)))
    for _change in range(draw(st.integers(1, 5))):
        everywhere = sorted(places(value), key=str)
        if not everywhere:
            break
        *above, last = draw(st.sampled_from(everywhere))
        holder = value
        for step in above:
            holder = holder[step]
        match draw(st.sampled_from(["replace", "replace", "drop", "add", "double"])):
            case "replace":
                holder[last] = draw(values)
            case "drop":
                del holder[last]
            case "add" if isinstance(holder, dict):
                holder[draw(st.sampled_from([MARKER, "kind", "code", "reply_by", "subject"]))] = draw(values)
            case "double" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
    return json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")


@st.composite
def changed_bytes(draw):
    """An example with a piece cut out and another put in."""
    example = draw(st.sampled_from(EXAMPLES))
    start = draw(st.integers(0, len(example)))
    end = draw(st.integers(start, min(len(example), start + 60)))
    return example[:start] + draw(st.sampled_from(PIECES) | st.binary(max_size=8)) + example[end:]


def made_up():
    """Nothing that ever was an example."""
    anything = values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
    headed = st.fixed_dictionaries(
        {
            "format": st.sampled_from(["imidesk.intake/1", "imidesk.supplement/1", "imidesk.intake/2"]),
            "requests": values,
        }
    ).map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
    return st.binary(max_size=80) | anything | headed


FILES = st.tuples(st.just("values"), changed_values()) | st.tuples(st.just("bytes"), changed_bytes())
FILES |= st.tuples(st.just("made up"), made_up())


def stored(folder):
    """Rows per table, sealed files and temporary files."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_ALL)
        rows = dict(cursor.fetchall())
    return rows, sorted(str(path) for path in Path(folder).rglob("*") if path.is_file())


@pytest.fixture
def desk(world, tmp_path, monkeypatch):
    """Every folder that a file could be left in is one that the test counts."""
    load_lists()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return tmp_path


def refusal_of(data):
    """The faults, or None where the file was taken; what was taken is put back by who asks."""
    try:
        receiving.take_in(actor=None, data=data, source="command")
    except receiving.FaultyFile as faulty:
        return faulty.faults
    except receiving.KnownNumber:
        return []
    return None


def put_back(folder, before):
    """A good file was stored; its rows went with the savepoint, its sealed files here."""
    for path in set(stored(folder)[1]) - set(before[1]):
        Path(path).unlink()


def test_a_good_file_is_taken_at_this_door(desk):
    before = stored(desk)

    assert refusal_of(EXAMPLES[0] if b"intake/1" in EXAMPLES[0] else EXAMPLES[1]) is None
    assert stored(desk) != before


def test_a_fault_found_late_takes_stored_attachments_back(desk):
    """The first request of the file was written already when the second turned out to be known."""
    good = next(json.loads(example) for example in EXAMPLES if b"attachments" in example and b"intake/1" in example)
    second = {**good["requests"][0], "imi_number": "777777"}
    assert refusal_of(json.dumps({**good, "requests": [second]}).encode()) is None
    before = stored(desk)
    assert before[1]

    faults = refusal_of(json.dumps({**good, "requests": [good["requests"][0], second]}).encode())

    assert [fault.rule for fault in faults] == ["IN-01.known-number"]
    assert stored(desk)[1] == before[1]


def test_a_broken_file_gives_faults_and_leaves_nothing(desk, capsys):
    tried = {"broken": 0, "taken": 0}
    slowest = []
    before = stored(desk)

    @settings(
        max_examples=WANTED + WANTED // 2,
        deadline=None,
        derandomize="IMIDESK_FUZZ" not in os.environ,
        database=None,
        phases=[Phase.generate],
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )
    @given(FILES)
    def judge(file):
        if tried["broken"] >= WANTED:
            return
        kind, data = file
        started = time.perf_counter()
        with undone():
            faults = refusal_of(data)
            if faults is not None:
                assert stored(desk) == before
        slowest.append((time.perf_counter() - started, kind, len(data), len(faults or [])))
        if faults is None:
            tried["taken"] += 1
            put_back(desk, before)
            return
        tried["broken"] += 1
        assert faults
        for fault in faults:
            assert isinstance(fault, Fault)
            assert fault.rule and (fault.path == "" or fault.path.startswith("/"))
            assert str(fault.message) and MARKER.lower() not in (str(fault) + repr(fault)).lower()

    judge()

    with capsys.disabled():
        if "IMIDESK_FUZZ" in os.environ:
            print(f"\n{tried['broken']} broken files, {tried['taken']} still good ones. The slowest:")
            for seconds, kind, size, number in sorted(slowest, reverse=True)[:SLOWEST]:
                print(f"  {seconds * 1000:8.1f} ms  {kind:8} {size:6} bytes  {number:3} faults")
    assert tried["broken"] >= WANTED

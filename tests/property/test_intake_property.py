"""SP-31: whatever is done to a good file, it is taken or refused with faults, and no fault repeats what it holds."""

import copy
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from requests_app.intake import SCHEMA_DIR, Fault, IntakeFile, read_intake

EXAMPLES = [path.read_bytes() for path in sorted((SCHEMA_DIR / "examples").glob("*.json"))]
MARKER = "Qzx7Merkteken"

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from([MARKER, f"{MARKER}\u202e", "", " ", "2026-02-30", "natural", "x@y", "YQ=="]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.just(MARKER), inner, max_size=3)
    ),
    max_leaves=6,
)
few = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def places(value, path=()):
    """Every place in a file that can be replaced."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inside:
        yield (*path, key)
        yield from places(child, (*path, key))


def judged(data: bytes) -> None:
    answer = read_intake(data)
    if isinstance(answer, IntakeFile):
        return
    assert answer and all(isinstance(fault, Fault) for fault in answer)
    assert all(str(fault.message) and MARKER.lower() not in (str(fault) + repr(fault)).lower() for fault in answer)


@few
@given(st.data())
def test_a_changed_example_is_taken_or_refused(data):
    value = json.loads(data.draw(st.sampled_from(EXAMPLES)))
    for _change in range(data.draw(st.integers(1, 4))):
        all_places = sorted(places(value), key=str)
        if not all_places:
            break
        *above, last = data.draw(st.sampled_from(all_places))
        holder = value
        for step in above:
            holder = holder[step]
        match data.draw(st.sampled_from(["replace", "drop", "add", "double"])):
            case "replace":
                holder[last] = data.draw(values)
            case "drop":
                del holder[last]
            case "add" if isinstance(holder, dict):
                holder[data.draw(st.sampled_from([MARKER, "kind", "code", "reply_by", "subject"]))] = data.draw(values)
            case "double" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[last]))
    judged(json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass"))


@few
@given(st.sampled_from(EXAMPLES), st.data())
def test_changed_bytes_are_taken_or_refused(example, data):
    start = data.draw(st.integers(0, len(example)))
    end = data.draw(st.integers(start, min(len(example), start + 40)))
    pieces = [
        b'"' + MARKER.encode() + b'"',
        b"{",
        b"]",
        b",",
        b'"',
        b"\\u0000",
        b"\\ud800",
        b"1e9",
        b"-",
        b"\xff",
        b"\0",
    ]
    judged(example[:start] + data.draw(st.sampled_from(pieces) | st.binary(max_size=6)) + example[end:])


@few
@given(st.binary(max_size=60))
def test_any_bytes_are_refused_without_a_crash(data):
    assert isinstance(read_intake(data), list)

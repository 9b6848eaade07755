import pytest

from imidesk.core import key_files, vault
from imidesk.core.ids import uuid7
from imidesk.core.models import KeyCheck, SealKey
from tests.unit.core.conftest import Note


def flipped(value: bytes, place: int) -> bytes:
    changed = bytearray(value)
    changed[place] ^= 1
    return bytes(changed)


def test_what_is_sealed_opens_with_the_right_look(note, look):
    """SP-01, SP-07."""
    assert vault.open_text(look(note.owner, "questions"), note, "text") == "Mag dit?"
    assert vault.open_text(look(note.owner, "questions", "person"), note, "name") == "Ada Voorbeeld"


@pytest.mark.parametrize("text", ["ja", "", "Łódź ß Ελλάδα שלום\n", "x" * 20_000, "nul\0einde"])
def test_any_text_comes_back_as_it_was(note, look, text):
    vault.seal(note, "text", text)

    assert vault.open_text(look(note.owner, "questions"), note, "text") == text


def test_the_text_is_not_in_the_bytes(note):
    assert b"Ada" in b"Ada Voorbeeld"
    assert b"Ada" not in note.name and b"Voorbeeld" not in note.name


def test_a_look_opens_no_other_part(note, look):
    """SP-07."""
    with pytest.raises(vault.Sealed):
        vault.open_text(look(note.owner, "questions"), note, "name")


def test_a_look_opens_no_other_owner(note, look):
    """SP-07."""
    other = uuid7()
    vault.create_key(other)

    with pytest.raises(vault.Sealed):
        vault.open_text(look(other, "questions"), note, "text")


def test_a_look_is_made_by_the_vault_only(note):
    with pytest.raises(TypeError):
        vault.Look(note.owner, "person", None, "test", frozenset({"person"}), object())


def test_a_value_moved_to_another_row_or_field_stays_shut(note, look):
    """SP-01: the additional data name row and field."""
    moved = Note(owner=note.owner, text=note.text)
    note.text = note.name

    for row in (moved, note):
        with pytest.raises(vault.Sealed):
            vault.open_text(look(note.owner, "questions"), row, "text")


def test_a_value_moved_to_another_owner_stays_shut(note, look):
    other = Note(uuid=note.uuid, owner=uuid7(), text=note.text)
    vault.create_key(other.owner)

    with pytest.raises(vault.Sealed):
        vault.open_text(look(other.owner, "questions"), other, "text")


@pytest.mark.parametrize("place", [0, 1, 16, 17, 28, 29, -1])
def test_a_changed_value_stays_shut(note, look, place):
    note.text = flipped(note.text, place)

    with pytest.raises(vault.Sealed):
        vault.open_text(look(note.owner, "questions"), note, "text")


@pytest.mark.parametrize("length", [1, 17, 45, 60])
def test_a_cut_value_stays_shut(note, look, length):
    note.text = note.text[:length]

    with pytest.raises(vault.Sealed):
        vault.open_text(look(note.owner, "questions"), note, "text")


def test_the_length_tells_nothing(note):
    """SP-02."""
    lengths = set()
    for text in ("ja", "nee", "weet ik niet", "x" * 60):
        vault.seal(note, "text", text)
        lengths.add(len(note.text))

    assert len(lengths) == 1
    assert [vault._padded_length(n) for n in (5, 64, 65, 257, 1025, 2**20, 2**20 + 1)] == [
        64, 64, 256, 1024, 4096, 2**20, 2 * 2**20,
    ]  # fmt: skip


def test_the_same_text_is_sealed_differently_each_time(note):
    first = note.text
    vault.seal(note, "text", "Mag dit?")

    assert note.text != first


def test_only_sealed_fields_are_sealed_and_opened(note, look):
    with pytest.raises(TypeError):
        vault.seal(note, "owner", "x")
    with pytest.raises(TypeError):
        vault.open_text(look(note.owner, "questions"), note, "owner")


def test_a_destroyed_key_opens_nothing(note, look):
    """SP-05."""
    old_look = look(note.owner, "questions", "person")

    with vault.key_scope():
        assert vault.open_text(old_look, note, "text") == "Mag dit?"
        assert vault.destroy_key(note.owner) == ["practice-kek-0001"]
        with pytest.raises(vault.Sealed):
            vault.open_text(old_look, note, "text")

    assert not vault.key_exists(note.owner)
    with pytest.raises(vault.Sealed):
        look(note.owner, "questions")
    with pytest.raises(vault.Sealed):
        vault.seal(note, "text", "te laat")
    vault.create_key(note.owner)
    with pytest.raises(vault.Sealed):
        vault.open_text(look(note.owner, "questions"), note, "text")
    assert vault.destroy_key(uuid7()) == []


def test_keys_are_kept_for_one_scope_only(note, look, django_assert_num_queries):
    """Design idea 4: an opened key lives for one request or task."""
    asked = look(note.owner, "questions")
    with vault.key_scope():
        vault.open_text(asked, note, "text")
        with django_assert_num_queries(0):
            vault.open_text(asked, note, "text")
    with django_assert_num_queries(2):
        vault.open_text(asked, note, "text")


def test_a_file_is_stored_sealed_under_a_random_name(note, look, settings):
    """SP-06."""
    content = b"%PDF-1.7 Ada Voorbeeld" * 5000
    name = vault.store_file(note, content)
    stored = settings.IMIDESK_FILES_DIR / name

    assert vault.open_file(look(note.owner, "person"), note, name) == content
    assert list(vault.stored_files()) == [name]
    assert b"Voorbeeld" not in stored.read_bytes()
    assert stored.suffix == "" and stored.stat().st_mode & 0o777 == 0o600
    assert vault.store_file(note, content) != name


def test_a_stored_file_stays_shut_when_it_is_not_its_own(note, look, settings):
    name = vault.store_file(note, b"inhoud")
    path = settings.IMIDESK_FILES_DIR / name

    with pytest.raises(vault.Sealed):
        vault.open_file(look(note.owner, "questions"), note, name)
    with pytest.raises(vault.Sealed):
        vault.open_file(look(note.owner, "person"), Note(owner=note.owner), name)
    path.write_bytes(flipped(path.read_bytes(), -1))
    with pytest.raises(vault.Sealed):
        vault.open_file(look(note.owner, "person"), note, name)
    vault.delete_file(name)
    vault.delete_file(name)
    assert not path.exists()
    with pytest.raises(vault.Sealed):
        vault.open_file(look(note.owner, "person"), note, name)


@pytest.mark.parametrize("name", ["../../etc/passwd", "ab/../" + "0" * 32, "ab/" + "0" * 31, "/" + "0" * 34])
def test_a_storage_name_leads_nowhere_else(note, look, name):
    with pytest.raises(ValueError, match="stored file"):
        vault.open_file(look(note.owner, "person"), note, name)
    with pytest.raises(ValueError, match="stored file"):
        vault.delete_file(name)


def test_an_interrupted_write_leaves_no_file(note, monkeypatch, settings):
    def fail(*args):
        raise OSError

    monkeypatch.setattr("imidesk.core.vault.os.rename", fail)
    with pytest.raises(OSError):
        vault.store_file(note, b"inhoud")

    assert list(vault.stored_files()) == []


def test_making_keys_twice_makes_no_new_ones(keys):
    """SP-03."""
    files = {file.path: file.path.read_bytes() for file in key_files.key_files()}

    assert vault.make_keys() == keys
    assert {path: path.read_bytes() for path in files} == files
    assert all(path.stat().st_mode & 0o777 == 0o600 and len(content) == 32 for path, content in files.items())
    vault.start_up_check()


@pytest.mark.parametrize("family", ["kek", "audit"])
@pytest.mark.parametrize("content", [None, b"", b"x" * 32, b"x" * 31])
def test_a_missing_or_wrong_key_stops_everything_that_needs_it(keys, family, content):
    """SP-03: nothing is made anew because a key is missing."""
    path = key_files.folder() / f"practice-{family}-0001.key"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)

    for act in (vault.start_up_check, vault.make_keys, vault.new_key, vault.rotate):
        with pytest.raises(vault.KeyMissing):
            act()
    if family == "kek":
        with pytest.raises(vault.KeyMissing):
            vault.create_key(uuid7())
    else:
        with pytest.raises(vault.KeyMissing):
            vault.audit_key()
    assert path.exists() == (content is not None)


def test_no_keys_are_made_beside_sealed_data(owner):
    """SP-03."""
    KeyCheck.objects.all().delete()

    with pytest.raises(vault.KeyMissing):
        vault.make_keys()


def test_a_key_file_left_by_a_killed_run_is_taken_into_use(keys):
    left = key_files.write("kek", 2, b"k" * 32, practice=True)

    assert vault.new_key() == left.key_id
    assert left.path.read_bytes() == b"k" * 32


def test_rotation_wraps_everything_anew(note, look):
    """SP-04, SP-05."""
    others = [uuid7() for _ in range(3)]
    for other in others:
        vault.create_key(other)

    assert vault.rotate() == 4

    assert set(SealKey.objects.values_list("key_id", flat=True)) == {"practice-kek-0002"}
    assert vault.open_text(look(note.owner, "questions"), note, "text") == "Mag dit?"
    assert [check.key_id for check in vault.retirable()] == ["practice-kek-0001"]
    assert vault.destroy_key(note.owner) == ["practice-kek-0001", "practice-kek-0002"]


def test_a_rotation_that_was_killed_goes_on_with_the_same_key(owner, monkeypatch):
    """SP-04: resumable."""
    for _ in range(2):
        vault.create_key(uuid7())
    monkeypatch.setattr("imidesk.core.vault.REWRAP_BATCH", 1)
    vault.new_key()
    next(vault.rewrap())
    assert vault.retirable() == []

    assert vault.rotate() == 2
    assert {file.key_id for file in key_files.key_files() if file.family == "kek"} == {
        "practice-kek-0001",
        "practice-kek-0002",
    }


def test_nothing_opens_without_the_key_encryption_key(note, look):
    (key_files.folder() / "practice-kek-0001.key").unlink()

    with pytest.raises(vault.KeyMissing):
        look(note.owner, "questions")


def test_a_wrapped_key_put_in_the_place_of_another_does_not_open(note, look):
    other = uuid7()
    vault.create_key(other)
    SealKey.objects.filter(owner=other).update(wrapped=SealKey.objects.get(owner=note.owner).wrapped)

    with pytest.raises(vault.Sealed):
        look(other, "questions")

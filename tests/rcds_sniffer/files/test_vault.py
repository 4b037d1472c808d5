"""What comes of a transfer, with a folder and without."""

import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcds_sniffer.files import FileLimits, Vault

from .carrying import KEY, content, key, put, put_all, said, sha1, sha256


@pytest.fixture(params=["folder", "hashes"])
def vault(request, tmp_path):
    vault = Vault(tmp_path / "files" if request.param == "folder" else None)
    yield vault
    vault.close()


def test_whole_file_has_its_hash_for_a_name(tmp_path):
    vault, octets = Vault(tmp_path / "files"), content(100_000)
    put_all(vault, octets)
    file = vault.describe(KEY, said(100_000, name="../../etc/passwd"))
    vault.close()
    assert file == {
        "name": "../../etc/passwd",
        "size": 100_000,
        "sha256": sha256(octets),
        "mime": "application/octet-stream",
        "path": str(tmp_path / "files" / sha256(octets)),
        "complete": True,
        "sha1": None,
        "verified": None,
    }
    assert os.listdir(tmp_path / "files") == [sha256(octets)]
    assert (tmp_path / "files" / sha256(octets)).read_bytes() == octets


def test_folder_and_files_are_their_owners_alone(tmp_path):
    vault = Vault(tmp_path / "files")
    put(vault, 0, b"x" * 10)
    (incoming,) = os.listdir(tmp_path / "files")
    assert stat.S_IMODE(os.stat(tmp_path / "files" / incoming).st_mode) == 0o600
    vault.describe(KEY, said(10))
    assert stat.S_IMODE(os.stat(tmp_path / "files").st_mode) == 0o700
    (kept,) = os.listdir(tmp_path / "files")
    assert stat.S_IMODE(os.stat(tmp_path / "files" / kept).st_mode) == 0o600


def test_without_a_folder_there_are_hashes_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    vault, octets = Vault(), content(5000)
    put_all(vault, octets)
    file = vault.describe(KEY, said(5000))
    assert (file["sha256"], file["path"], file["complete"]) == (sha256(octets), None, True)
    assert os.listdir(tmp_path) == []
    assert vault.counters.hashed == 1


@given(
    st.lists(st.tuples(st.integers(0, 50), st.binary(max_size=12)), max_size=25),
    st.none() | st.integers(0, 70),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_first_octets_at_each_offset_stand(tmp_path_factory, pieces, size, on_disk):
    folder = tmp_path_factory.mktemp("files")
    vault, there = Vault(folder if on_disk else None), {}
    for offset, octets in pieces:
        put(vault, offset, octets)
        for place, octet in enumerate(octets, offset):
            there.setdefault(place, octet)
    file = vault.describe(KEY, said(size))
    vault.close()
    there = {place: octet for place, octet in there.items() if size is None or place < size}
    whole = sorted(there) == list(range(size if size is not None else len(there))) and (
        size is not None or bool(there)
    )
    assert file["complete"] is whole
    ordered = bytes(there[place] for place in sorted(there))
    if whole or there:
        clipped = size is not None and any(o + len(p) > size for o, p in pieces)
        assert file["sha256"] == sha256(ordered) or (not on_disk and clipped and file["sha256"] is None)
    if not whole:
        assert {o for b, e in file["ranges"] for o in range(b, e)} == set(there)
    if not on_disk:
        return
    if not there and not whole:
        assert file["path"] is None
        assert os.listdir(folder) == []
        return
    (name,) = os.listdir(folder)
    assert file["path"] == str(folder / name)
    assert name.endswith(".partial") is not whole
    kept = (folder / name).read_bytes()
    assert kept == bytes(there.get(place, 0) for place in range(max(there, default=-1) + 1))


def test_two_copies_with_other_holes_are_whole_together(vault):
    octets = content(50_000)
    for offset in range(0, 50_000, 1000):
        if offset not in (3000, 40_000):
            put(vault, offset, octets[offset : offset + 1000])
    for offset in range(0, 50_000, 700):
        if not 10_000 < offset < 20_000:
            put(vault, offset, octets[offset : offset + 700])
    file = vault.describe(KEY, said(50_000, sha1=sha1(octets)))
    assert (file["sha256"], file["complete"], file["verified"]) == (sha256(octets), True, True)


def test_partly_captured_file_says_which_ranges_are_there(vault):
    octets = content(5000)
    put(vault, 0, octets[:1000])
    put(vault, 3000, octets[3000:4000])
    file = vault.describe(KEY, said(5000, "cut", sha1="0" * 40))
    assert (file["complete"], file["ranges"]) == (False, [[0, 1000], [3000, 4000]])
    assert file["sha256"] == sha256(octets[:1000] + octets[3000:4000])
    assert (file["sha1"], file["verified"]) == ("0" * 40, None), "of a part nothing can be said"


def test_parts_of_equal_octets_at_other_offsets_are_two_files(tmp_path):
    vault = Vault(tmp_path)
    put(vault, 10, b"same", key(1))
    put(vault, 20, b"same", key(2))
    put(vault, 0, b"same", key(3))
    paths = {vault.describe(key(n), said(100, "cut"))["path"] for n in (1, 2, 3)}
    assert len(paths) == 3
    assert str(tmp_path / f"{sha256(b'same')}.partial") in paths


def test_content_that_is_not_what_was_announced_says_so(vault):
    put(vault, 0, b"forged")
    assert vault.describe(KEY, said(6, sha1=sha1(b"true")))["verified"] is False


def test_announced_hash_is_compared_whatever_its_case(vault):
    put(vault, 0, b"true")
    assert vault.describe(KEY, said(4, sha1=sha1(b"true").upper()))["verified"] is True


def test_equal_content_is_there_once(tmp_path):
    vault = Vault(tmp_path)
    for number in range(3):
        put(vault, 0, b"equal", key(number))
    assert len({vault.describe(key(number), said(5))["path"] for number in range(3)}) == 1
    assert os.listdir(tmp_path) == [sha256(b"equal")]
    assert vault.counters.kept == 3


def test_file_of_no_octets_is_whole(vault):
    file = vault.describe(KEY, said(0))
    assert (file["sha256"], file["complete"], file["size"]) == (sha256(b""), True, 0)


def test_file_of_unknown_size_is_whole_when_it_came_to_its_end(vault):
    put_all(vault, content(3000), key(1))
    put_all(vault, content(3000), key(2))
    ended, cut = vault.describe(key(1), said(None)), vault.describe(key(2), said(None, "cut"))
    assert (ended["complete"], ended["size"]) == (True, 3000)
    assert (cut["complete"], cut["size"], cut["ranges"]) == (False, None, [[0, 3000]])


def test_transfer_of_which_nothing_came_has_no_content(vault):
    file = vault.describe(KEY, said(1000, "cut"))
    assert (file["sha256"], file["mime"], file["path"], file["ranges"]) == (None, None, None, [])


def test_what_was_forgotten_leaves_nothing(tmp_path):
    vault = Vault(tmp_path)
    put_all(vault, content(10_000))
    vault.forget(KEY)
    vault.forget(KEY)
    assert os.listdir(tmp_path) == []
    assert vault._stored == vault._files == vault._ranges == 0


def test_what_had_not_ended_is_given_up_at_the_end_of_the_run(tmp_path):
    vault = Vault(tmp_path)
    put_all(vault, content(10_000))
    vault.close()
    vault.close()
    assert os.listdir(tmp_path) == []
    put(vault, 0, b"too late")
    assert vault.describe(KEY, said(8))["path"] is None
    assert os.listdir(tmp_path) == []


def test_out_of_order_content_is_hashed_without_a_folder_while_memory_lasts():
    vault, octets = Vault(limits=FileLimits(ahead_of_one=100_000)), content(50_000)
    for offset in reversed(range(0, 50_000, 1000)):
        put(vault, offset, octets[offset : offset + 1000])
    assert vault._ahead == 0
    assert vault.describe(KEY, said(50_000))["sha256"] == sha256(octets)


def test_what_is_too_far_ahead_has_no_hash_and_is_whole_all_the_same():
    vault, octets = Vault(limits=FileLimits(ahead_of_one=20_000)), content(50_000)
    for offset in reversed(range(0, 50_000, 1000)):
        put(vault, offset, octets[offset : offset + 1000])
        assert vault._ahead <= 20_000
    file = vault.describe(KEY, said(50_000))
    assert (file["sha256"], file["complete"]) == (None, True)
    assert vault._ahead == 0


def test_what_waits_ahead_is_bounded_over_all_transfers():
    vault = Vault(limits=FileLimits(ahead_of_all=10_000))
    for number in range(50):
        put(vault, 5000, bytes(900), key(number))
    assert 0 < vault._ahead <= 10_000
    for number in range(50):
        vault.forget(key(number))
    assert vault._ahead == 0

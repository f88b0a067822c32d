"""Hostile and broken archives: each gets a name, none gets memory, disk or a second thought."""

import io
import struct
import zipfile
import zlib

import pytest

from hub.transit.gtfs.archive import Limits, open_archive
from hub.transit.gtfs.problems import Problems
from hub.transit.gtfs.rows import Reader
from hub.transit.gtfs.tables import STOP_TIMES, STOPS
from tests.factories.gtfs import town, town_zip, zipped


def rules_of(content: bytes, limits: Limits | None = None) -> set[str]:
    """Open the archive and read it all, as an import would, without a database."""
    problems = Problems()
    archive = open_archive(io.BytesIO(content), problems, limits or Limits())
    if archive is not None:
        reader = Reader(archive, problems)
        for table in (STOPS, STOP_TIMES):
            for _ in reader.rows(table):
                pass
        archive.close()
    assert problems.refused
    return {problem.rule for problem in problems.kept}


def with_entries(*entries: tuple[str, bytes]) -> bytes:
    """The town's zip with entries that `zipped` would not write."""
    buffer = io.BytesIO(town_zip())
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"GIF89a", b"agency_id\n" * 1000, town_zip()[:-30]]
)
def test_what_is_no_zip_is_called_that(content):
    assert rules_of(content) == {"not_a_zip"}


def test_a_zip_cut_in_the_middle_is_no_zip():
    whole = town_zip()

    assert rules_of(whole[: len(whole) // 2]) == {"not_a_zip"}


def test_a_flipped_bit_is_a_damaged_file():
    whole = bytearray(zipped(town(), zipfile.ZIP_STORED))
    whole[whole.index("索菲亚".encode())] ^= 1

    assert "corrupt_file" in rules_of(bytes(whole)) | {"invalid_character"}


def test_a_checksum_that_does_not_fit_is_a_damaged_file():
    stored = zipped(town(), zipfile.ZIP_STORED)
    spoilt = stored.replace(b"1004,1004", b"1004,1005", 1)

    assert rules_of(spoilt) == {"corrupt_file"}


def test_deflate_that_breaks_off_is_a_damaged_file():
    whole = bytearray(town_zip())
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        entry = archive.getinfo("stops.txt")
        start = entry.header_offset + 30 + len(entry.filename)
    whole[start + 20 : start + 60] = b"\xff" * 40

    assert rules_of(bytes(whole)) & {"corrupt_file"}


def test_an_encrypted_file_is_named():
    whole = bytearray(town_zip())
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        entry = archive.getinfo("stops.txt")
    whole[entry.header_offset + 6] |= 1
    central = whole.index(b"PK\x01\x02")
    while whole[central + 46 : central + 46 + 9] != b"stops.txt":
        central = whole.index(b"PK\x01\x02", central + 4)
    whole[central + 8] |= 1

    assert rules_of(bytes(whole)) == {"encrypted_file"}


def test_a_file_that_stands_twice_is_ambiguous():
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = with_entries(("stops.txt", b"stop_id\n"))

    assert rules_of(twice) == {"duplicated_file"}


def test_two_spellings_of_one_file_are_ambiguous():
    assert rules_of(with_entries(("Stops.TXT", b"stop_id\n"))) == {"duplicated_file"}


@pytest.mark.parametrize(
    "name", ["/etc/cron.d/x", "../../agency.txt", "a/../../b.txt", "\\\\host\\x", "C:/x.txt"]
)
def test_a_path_that_leads_out_of_the_zip_is_named(name):
    assert "unsafe_path" in rules_of(with_entries((name, b"x")))


def test_tables_in_a_folder_are_named():
    nested = zipped({f"feed/{name}": text for name, text in town().items()})

    assert "invalid_input_files_in_subfolder" in rules_of(nested)


def test_other_files_in_folders_are_nobodys_business(db):
    from tests.factories.feeds import verdict

    assert not verdict(db, with_entries(("notes/readme.md", b"hello"))).problems


def test_a_bomb_is_refused_by_what_it_declares():
    bomb = with_entries(("shapes_of_everything.txt", b"0" * (8 << 20)))

    assert rules_of(bomb) == {"zip_bomb"}
    assert rules_of(town_zip(), Limits(expanded_bytes=1000)) == {"zip_bomb"}


def test_a_bomb_that_lies_about_its_size_yields_no_more_than_it_said():
    honest = town()
    honest["stop_times.txt"] += "T1,08:30:00,08:30:00,1001,9,0,0,1\n" * 200_000
    whole = bytearray(zipped(honest))
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        entry = archive.getinfo("stop_times.txt")
    said = struct.pack("<I", 5_000)
    whole[entry.header_offset + 22 : entry.header_offset + 26] = said
    central = whole.index(b"PK\x01\x02")
    while whole[central + 46 : central + 46 + 14] != b"stop_times.txt":
        central = whole.index(b"PK\x01\x02", central + 4)
    whole[central + 24 : central + 28] = said

    problems = Problems()
    archive = open_archive(io.BytesIO(bytes(whole)), problems, Limits())
    assert archive is not None
    read = sum(len(line) for line in archive.lines("stop_times.txt", problems))

    assert read <= 5_000
    assert {problem.rule for problem in problems.kept} <= {"corrupt_file"}


def test_a_zip_of_many_entries_is_refused_before_they_are_listed():
    many = zipped({f"{n}.txt": "" for n in range(501)})

    assert rules_of(many) == {"too_many_entries"}


def test_a_directory_that_claims_millions_of_entries_is_not_believed():
    whole = bytearray(town_zip())
    end = whole.rindex(b"PK\x05\x06")
    whole[end + 8 : end + 12] = b"\xff\xff\xff\xff"
    whole[end + 12 : end + 16] = struct.pack("<I", 1 << 30)

    assert rules_of(bytes(whole)) == {"too_many_entries"}


@pytest.fixture
def unlisted(monkeypatch):
    """Fails the test when zipfile begins to build its entries."""

    def build(_file):
        pytest.fail("The entries were listed.")

    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", build)


@pytest.fixture(scope="module")
def many():
    """A zip of thousands of entries."""
    return zipped({f"{n}.txt": "" for n in range(5_000)})


def test_an_end_record_inside_the_end_record_hides_no_entries(many, unlisted):
    whole = bytearray(many)
    whole[-18:-14] = b"PK\x05\x06"  # the numbers of disks, which nobody reads

    assert rules_of(bytes(whole)) == {"too_many_entries"}


@pytest.mark.parametrize("length", [0, 1, 65_535, 65_536])
def test_a_comment_does_not_push_the_zip64_record_out_of_sight(many, unlisted, length):
    end = many.rindex(b"PK\x05\x06")
    size, start = struct.unpack_from("<II", many, end + 12)
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 9, 9, size, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    modest = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 9, 9, 900, start, min(length, 65_535))

    hidden = many[:end] + record + locator + modest + b"x" * length

    assert rules_of(hidden) == {"too_many_entries"}


def test_a_row_without_end_is_cut_off():
    endless = {**town(), "stops.txt": "stop_id,stop_name\n" + "9" * (1 << 20)}

    assert rules_of(zipped(endless, zipfile.ZIP_STORED)) == {"csv_parsing_failed"}


def test_a_quote_that_never_closes_is_cut_off():
    open_ended = town()
    open_ended["stops.txt"] += '9,9,"' + "Nine\n" * 30_000

    assert rules_of(zipped(open_ended)) & {"csv_parsing_failed"}


def test_an_id_too_long_for_an_index_is_named():
    long = town()
    long["stops.txt"] += "9" * 3000 + ",9,Nine,45.7,126.6,0,,\n"

    assert rules_of(zipped(long)) == {"id_too_long"}


def test_a_method_of_compression_that_we_cannot_undo_is_a_damaged_file():
    whole = bytearray(town_zip())
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        entry = archive.getinfo("stops.txt")
    whole[entry.header_offset + 8 : entry.header_offset + 10] = b"\x63\x00"
    central = whole.index(b"PK\x01\x02")
    while whole[central + 46 : central + 46 + 9] != b"stops.txt":
        central = whole.index(b"PK\x01\x02", central + 4)
    whole[central + 10 : central + 12] = b"\x63\x00"

    assert rules_of(bytes(whole)) == {"corrupt_file"}


@pytest.mark.parametrize("seed", range(60))
def test_no_change_of_bytes_gets_past_the_reader(seed):
    """Whatever bytes change, the answer is a list of problems or a sound archive, never a crash."""
    whole = bytearray(town_zip())
    place = zlib.crc32(bytes([seed])) % len(whole)
    for step in range(4):
        whole[(place + 37 * step) % len(whole)] ^= 1 + (zlib.crc32(bytes([seed, step])) & 0xFE)

    problems = Problems()
    archive = open_archive(io.BytesIO(bytes(whole)), problems, Limits())
    if archive is None:
        assert problems.refused
        return
    reader = Reader(archive, problems)
    for table in (STOPS, STOP_TIMES):
        list(reader.rows(table))
    archive.close()

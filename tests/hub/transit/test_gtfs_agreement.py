"""What we call an error, the canonical rules call an error: held against gtfs-validator, an
independent implementation of them, on the broken towns and on feeds of real operators."""

from datetime import date
from pathlib import Path

import pytest
from gtfs_validator.notices import NoticeContainer, Severity
from gtfs_validator.pipeline import run_validation

from tests.factories.feeds import published, verdict
from tests.factories.gtfs import town, zipped

from .test_gtfs_rules import MENDED, REFUSED, WARNED

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "data" / "transit" / "static"
TODAY = date(2026, 11, 24)

# gtfs-validator's own notes name this one as its defect: NaN should be no number at all.
DIFFERENT_WORDS = {"invalid_float": {"number_out_of_range"}}


def canonical_errors(content: bytes, folder: Path) -> set[str]:
    path = folder / "feed.zip"
    path.write_bytes(content)
    found, faults = NoticeContainer(), NoticeContainer()
    run_validation(path, found, faults, validation_date=TODAY)
    return {notice.code for notice in found.in_order() if notice.severity is Severity.ERROR}


@pytest.mark.parametrize(
    ("rule", "tables"),
    [("none", town()), *((rule, tables) for rule, tables, *_ in (*REFUSED, *MENDED, *WARNED))],
)
def test_a_broken_town_breaks_the_same_rules(db, tmp_path, rule, tables):
    content = zipped(tables)

    ours = verdict(db, content).errors

    assert DIFFERENT_WORDS.get(rule, ours) == canonical_errors(content, tmp_path)


def sample(name: str) -> bytes:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"The recorded feed {name} may not be passed on, and is not here.")
    return path.read_bytes()


@pytest.mark.parametrize(
    "name",
    [
        "gtfs/sample_gtfs_google.zip",
        "gtfs/raba.zip",
        "stib55/gtfs.zip",
        pytest.param("gtfs/cairns_gtfs.zip", marks=pytest.mark.soak),
        pytest.param("nyc_gtfs/2012July-m34.zip", marks=pytest.mark.soak),
        pytest.param("nyc_gtfs/2012Jan-m34.zip", marks=pytest.mark.soak),
        pytest.param("nyc_gtfs/b63-winter10.zip", marks=pytest.mark.soak),
        pytest.param("nyc_gtfs/2012Sept-brooklyn.zip", marks=pytest.mark.soak),
        pytest.param("wmata/gtfs.zip", marks=pytest.mark.soak),
    ],
)
def test_a_real_feed_breaks_the_same_rules(db, tmp_path, name):
    content = sample(name)

    assert verdict(db, content).errors == canonical_errors(content, tmp_path)


@pytest.mark.parametrize("name", ["gtfs/raba.zip", "stib55/gtfs.zip"])
def test_a_real_feed_with_small_faults_is_published_all_the_same(db, name):
    assert published(db, sample(name))

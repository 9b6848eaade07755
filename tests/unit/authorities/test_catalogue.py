import csv
import os
import re
from pathlib import Path

import pytest
from django.conf import settings

from authorities import catalogue

KEYWORDS_OF_IMI = {
    "accreditation",
    "authorisations",
    "publication_of_activities",
    "professional_body",
    "sectors",
    "policy_fields",
    "building_permits",
    "commercial_communication",
    "recognised_body",
    "insurance",
}


@pytest.fixture
def nace_codes():
    path = Path(settings.BASE_DIR).parent / "shared" / "data" / "nace_rev21_en.csv"
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"the NACE list is not beside the project: {path.name}")
        pytest.skip(f"the NACE list is not beside the project: {path.name}")
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: int(row["level"]) for row in csv.DictReader(file)}


def test_every_service_activity_is_a_class_of_nace(nace_codes):
    """IN-07."""
    for activity in catalogue.service_activities():
        assert nace_codes.get(activity.nace) == 4, activity.code


def test_there_are_twenty_service_activities_and_more_each_with_a_keyword():
    """AUT-24, IN-07."""
    activities = catalogue.service_activities()
    known = {keyword.code for keyword in catalogue.keywords()}

    assert len(activities) >= 20
    for activity in activities:
        assert activity.keywords
        assert set(activity.keywords) <= known


def test_the_keywords_seen_in_imi_are_there():
    """AUT-25."""
    assert {keyword.code for keyword in catalogue.keywords()} >= KEYWORDS_OF_IMI


def test_codes_and_names_are_unique_and_complete():
    for rows in (catalogue.keywords(), catalogue.service_activities()):
        for values in ([r.code for r in rows], [r.name.nl for r in rows], [r.name.en for r in rows]):
            assert len(values) == len(set(values))
            assert all(values)
        assert all(re.fullmatch(r"[a-z_]{1,60}", row.code) for row in rows)

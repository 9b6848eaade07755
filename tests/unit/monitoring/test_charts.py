from datetime import date

from imidesk.monitoring import charts


def test_columns_stand_side_by_side_and_the_highest_fills_the_height():
    bars = charts.columns([("nov", "2025", 3), ("dec", "2025", 0), ("jan", "2026", 6), ("feb", "2026", 1)])

    assert [bar.height for bar in bars] == [75, 0, charts.HEIGHT, 25]
    assert all(bar.y + bar.height == charts.HEIGHT for bar in bars)
    assert [bar.middle for bar in bars] == ["12.50%", "37.50%", "62.50%", "87.50%"]
    assert [bar.year for bar in bars] == ["2025", "", "2026", ""]


def test_nothing_to_draw_is_no_fault():
    assert charts.columns([]) == ()
    assert [bar.height for bar in charts.columns([("jan", "2026", 0)])] == [0]
    assert charts.share(0, 0) == "0%"
    assert charts.share(1, 4) == "25.00%"


def test_months_of_a_period_are_whole_and_complete():
    assert charts.months(date(2025, 11, 23), date(2026, 2, 1)) == [
        date(2025, 11, 1),
        date(2025, 12, 1),
        date(2026, 1, 1),
        date(2026, 2, 1),
    ]


def test_more_than_two_years_are_shown_by_year():
    assert not charts.by_year(date(2024, 1, 15), date(2025, 12, 31))
    assert charts.by_year(date(2024, 1, 15), date(2026, 1, 1))

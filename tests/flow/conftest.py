import pytest

from archive import report


@pytest.fixture
def quick_pdf(monkeypatch):
    """What would be printed, as text: the printing itself is tested in tests/unit/archive."""
    monkeypatch.setattr(report, "render", lambda content: b"%PDF-1.7\n" + report.to_json(content).encode())

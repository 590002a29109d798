"""How a vendor's description is read."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.contract.specification import load

YAML = """
paths:
  /tasks:
    get:
      responses:
        200: {description: "Tasks"}
"""


def test_who_reads_a_description_first_gets_the_same_as_everybody_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    file = tmp_path / "described.yaml"
    file.write_text(YAML)
    first = load(file)
    assert [one.suffix for one in tmp_path.glob("okr-hub-*")] == [".json"]
    assert first == load(file)
    assert first["paths"]["/tasks"]["get"]["responses"] == {"200": {"description": "Tasks"}}

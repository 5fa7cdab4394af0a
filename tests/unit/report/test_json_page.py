"""The example in docs/json.md is a document of the schema, with every key that a real one has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import reports
import schemas
from jsonschema import Draft202012Validator

from hwaccess.report.json import to_json

ROOT = Path(__file__).parents[3]


def example() -> Any:
    page = (ROOT / "docs" / "json.md").read_text()
    (text,) = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return json.loads(text)


def test_the_example_keeps_the_schema() -> None:
    Draft202012Validator(schemas.strict("run")).validate(example())


def test_the_example_has_the_keys_of_a_real_report() -> None:
    real = to_json(reports.REPORT)

    assert list(example()) == list(real)
    assert list(example()["board"]) == list(real["board"])
    assert list(example()["results"][0]) == [key for key in real["results"][0] if key != "log"]


def test_the_summary_of_the_example_counts_its_results() -> None:
    found = [result["result"] for result in example()["results"]]

    assert example()["summary"] == {
        word: found.count(word) for word in ("pass", "fail", "error", "skip")
    }

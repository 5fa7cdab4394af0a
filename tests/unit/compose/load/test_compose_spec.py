"""The shipped schema and our own tables.

Each field that we name is one of the specification or of an older version.
"""

from __future__ import annotations

import hashlib
import re

import pytest

from hwaccess.compose.grants import balena, services, values
from hwaccess.compose.grants.reader import EXAMPLES
from hwaccess.compose.load import casts, merge, paths, schema_fields, unique
from hwaccess.compose.load.schema import BLOCK, BY_NAME, HOMES
from hwaccess.compose.load.schema_fields import FIELDS, MEANT, older_fields
from hwaccess.compose.load.schema_fields import schema_fields as today
from hwaccess.compose.write import edits, render

SERVICE = "services.*"
SPECIFICATION = schema_fields.HERE / "compose-spec"


def is_known(path: str) -> bool:
    """Whether the last name of a path is a field of its section.

    A path is such as `services.*.volumes.*.source`.
    """
    section, _, name = path.removesuffix(".*").rpartition(".")
    return name in FIELDS.get(section, ())


@pytest.mark.parametrize(
    "table",
    [
        casts.BOOLEANS,
        casts.NUMBERS,
        merge.ANY_NAME,
        merge.REPLACED,
        merge.KEYED,
        merge.NAMED,
        merge.LISTED,
        merge.EITHER,
        paths.PATHS,
        paths.CONTEXTS,
        paths.SOURCES,
        BY_NAME,
    ],
)
def test_every_path_of_our_tables_is_one_of_the_schema(table: frozenset[str]) -> None:
    assert [path for path in sorted(table) if not is_known(path)] == []


@pytest.mark.parametrize(
    "names",
    [
        (*unique.IDENTITIES,),
        (*values.TEXTS, *values.TRUTHS, *services.NAMESPACES),
        (*set(EXAMPLES) - {"services", "top-level volumes", BLOCK},),
        (*balena.NOT_APPLIED,),
        (*edits.PAIRS, *edits.LISTS),
    ],
)
def test_every_service_field_that_we_read_or_write_is_one_of_the_schema(
    names: tuple[str, ...],
) -> None:
    assert set(names) <= FIELDS[SERVICE]


def test_every_field_that_a_remedy_proposes_is_one_of_the_schema() -> None:
    known = frozenset[str]().union(*FIELDS.values())
    assert set(MEANT.values()) <= known
    assert set(HOMES) <= set(FIELDS)
    assert set(render.LEFT_OUT) <= FIELDS[""] | FIELDS[SERVICE]


def test_an_older_field_is_in_a_section_of_the_schema_and_not_in_the_schema_itself() -> None:
    today_s = today()
    for section, names in older_fields().items():
        assert names, section
        assert today_s[section].isdisjoint(names), section


def test_a_field_of_an_older_version_is_known() -> None:
    assert older_fields() == {SERVICE: {"volume_driver": "2.0 to 2.4"}}
    assert "volume_driver" in FIELDS[SERVICE]


def test_the_sections_of_the_schema_are_found_behind_references_lists_and_names() -> None:
    assert FIELDS["services.*.ulimits.*"] == {"hard", "soft"}
    assert FIELDS["services.*.env_file.*"] == {"format", "path", "required"}
    assert FIELDS["networks.*.ipam.config.*"] == {"aux_addresses", "gateway", "ip_range", "subnet"}
    assert FIELDS["services.*.develop.watch.*.exec"] == {
        "command",
        "environment",
        "privileged",
        "user",
        "working_dir",
    }
    assert not [name for names in FIELDS.values() for name in names if name.startswith("x-")]


def test_the_read_me_tells_which_schema_is_shipped() -> None:
    text = (SPECIFICATION / "README.md").read_text(encoding="utf-8")
    data = (SPECIFICATION / "compose-spec.json").read_bytes()
    assert re.findall(r"[0-9a-f]{64}", text) == [hashlib.sha256(data).hexdigest()]

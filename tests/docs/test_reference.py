"""docs/reference.md names everything that can be set, and nothing that cannot."""

from __future__ import annotations

import apps
import reference

PAGE = apps.ROOT / "docs/reference.md"


def test_the_page_is_up_to_date() -> None:
    made = reference.page()
    assert PAGE.read_text() == made, "python tests/lib/reference.py > docs/reference.md"


def test_every_variable_that_is_read_is_explained_and_no_other() -> None:
    assert reference.variables_read() == set(reference.VARIABLES)


def test_the_page_has_what_is_known_to_be_there() -> None:
    page = PAGE.read_text()
    for known in (
        "### `hwaccess check`",
        "### `hwaccess board build`",
        "`--allow [look\\|open\\|read\\|write\\|disrupt]`",
        "`--hw-compose FILE`",
        "`hw_profile`",
        '`hw_requires(access, *, path="")`',
        "`hw_check`",
        "`pytest_hwaccess_result`",
    ):
        assert known in page

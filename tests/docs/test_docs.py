"""Commands in README.md and docs/ print what stands there; every link leads somewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import apps
import documents
import matrix
import pytest

from hwaccess.boards.qemu.recipe.loading import load
from hwaccess.compose import load_project

if TYPE_CHECKING:
    from pathlib import Path

LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
RUN = [block for block in documents.blocks() if block.mark != "needs"]


@pytest.mark.docker
@pytest.mark.parametrize("block", RUN, ids=lambda block: block.name)
def test_a_command_prints_what_stands_there(block: documents.Block, tmp_path: Path) -> None:
    assert block.commands
    body = documents.real_body(block, tmp_path)
    assert "Traceback" not in body
    if block.mark != "output":
        assert documents.without_varying(body) == documents.without_varying(block.body)


@pytest.mark.parametrize(
    "document", documents.DOCUMENTS, ids=lambda path: str(path.relative_to(apps.ROOT))
)
def test_what_a_document_says_in_another_language_loads(document: Path, tmp_path: Path) -> None:
    blocks = re.findall(
        r"^```(yaml|python|toml)\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL
    )
    for language, text in blocks:
        if language == "python":
            compile(text, document, "exec")
        elif text.startswith("extends = "):
            (tmp_path / "my.toml").write_text(text)
            assert load(str(tmp_path / "my.toml")).i2c
        elif text.startswith("services:"):
            (tmp_path / "compose.yaml").write_text(text)
            assert not load_project([str(tmp_path)]).findings


def test_the_documents_have_commands_that_run() -> None:
    assert len(RUN) > 10


@pytest.mark.parametrize(
    "document", documents.DOCUMENTS, ids=lambda path: str(path.relative_to(apps.ROOT))
)
def test_every_link_leads_somewhere(document: Path) -> None:
    lost = [
        link for link in LINK.findall(document.read_text()) if not (document.parent / link).exists()
    ]
    assert not lost


def test_the_readme_fits_on_two_screens() -> None:
    assert len((apps.ROOT / "README.md").read_text().splitlines()) <= 100


def test_the_page_of_examples_is_what_is_expected_of_them() -> None:
    assert (apps.ROOT / "docs/examples.md").read_text() == matrix.page(), (
        "python tests/lib/matrix.py > docs/examples.md"
    )


def test_every_page_is_in_the_index() -> None:
    index = (apps.ROOT / "docs/index.md").read_text()
    pages = {page.name for page in (apps.ROOT / "docs").glob("*.md")} - {"index.md"}
    assert pages <= set(re.findall(r"\]\(([\w-]+\.md)\)", index))

"""The app that the plugin is tried in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apps
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

App = "Callable[..., pytest.RunResult]"


@pytest.fixture
def app(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., pytest.RunResult]:
    """Run pytest in the app's folder, and hand back what it printed and how it ended."""
    apps.prepare(monkeypatch)

    def run(
        *options: str, compose: str = "", tests: str = "", conftest: str = ""
    ) -> pytest.RunResult:
        for name, text in (
            ("compose.yaml", compose),
            ("test_app.py", tests),
            ("conftest.py", conftest),
        ):
            if text:
                (pytester.path / name).write_text(text)
        return pytester.run(*apps.command(*options), timeout=120)

    return run

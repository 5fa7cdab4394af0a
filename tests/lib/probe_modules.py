"""The probes as modules of this process, loaded as the agent does it: under a prefix, by path."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

from hwaccess.agent import files as probe_files

PREFIX = "hwaccess_probes"
# The same in a process of its own, for a Python that has neither pytest nor hwaccess.
START = (
    f"import importlib, sys; sys.modules[{PREFIX!r}] = type(sys)({PREFIX!r});"
    f"sys.modules[{PREFIX!r}].__path__ = [sys.argv[1]];"
)


def load(name: str) -> Any:
    """The probe module of that name."""
    if PREFIX not in sys.modules:
        package = ModuleType(PREFIX)
        package.__path__ = [str(probe_files.folder())]
        sys.modules[PREFIX] = package
    return importlib.import_module(f"{PREFIX}.{name}")


def inline(*names: str) -> str:
    """Code that makes these probe modules of their own text, for a place that has no probes.

    Each may import those before it. The last one is then `module`.
    """
    sources = {name: (probe_files.folder() / f"{name}.py").read_text() for name in names}
    return f"""
import sys
package = sys.modules[{PREFIX!r}] = type(sys)({PREFIX!r})
package.__path__ = []
for name, source in {sources!r}.items():
    module = sys.modules[{PREFIX!r} + "." + name] = type(sys)({PREFIX!r} + "." + name)
    module.__package__ = {PREFIX!r}
    setattr(package, name, module)
    exec(source, module.__dict__)
"""

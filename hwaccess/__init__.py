"""Shows whether a container can really reach the hardware that its compose file promises.

These are the public names; docs/versioning.md lists them with what may change. Each is imported
when it is first used, so that `import hwaccess` costs nothing: the pytest plugin is loaded into
every pytest run. A board that builds the runtime has this file without the modules named here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hwaccess.boards import open_board
    from hwaccess.boards.base import Board
    from hwaccess.compose import load_project
    from hwaccess.engine.base import (
        AgentRun,
        Engine,
        EngineInfo,
        ImageInfo,
        ServiceRun,
        Swept,
    )
    from hwaccess.errors import (
        BoardAddressError,
        ComposeError,
        EngineError,
        EngineRefused,
        EngineTimeout,
        EngineUnreachable,
        Exit,
        HwAccessError,
        Interrupted,
        NothingChecked,
        ProbeError,
        ProbeImageError,
        UsageError,
    )
    from hwaccess.facts import (
        BoardFacts,
        BoardNode,
        Confinement,
        I2cAdapter,
    )
    from hwaccess.grants import (
        CapabilityGrant,
        CgroupRuleGrant,
        DeviceGrant,
        DeviceRequestGrant,
        EnvironmentGrant,
        Expectations,
        ExpectedAccess,
        Grant,
        GroupGrant,
        LabelGrant,
        MountGrant,
        NamedVolume,
        NamespaceGrant,
        NamespaceKind,
        Project,
        SecurityOptGrant,
        Service,
        SysctlGrant,
        ValueGrant,
    )
    from hwaccess.model import (
        BoardIdentity,
        Call,
        Case,
        Change,
        Check,
        CheckResult,
        Expect,
        Layer,
        LibraryCall,
        Observation,
        Outcome,
        ProbeIn,
        Provenance,
        Refusal,
        Remedy,
        Report,
        Result,
        Rule,
        Verdict,
    )
    from hwaccess.run.options import Options
    from hwaccess.run.prepare import Plan, prepare
    from hwaccess.run.run import Run, check_project
    from hwaccess.words import (
        Finding,
        Place,
        Risk,
        Severity,
    )

# The one place of the version: pyproject.toml reads this line when a wheel is built.
# A literal is right in a checkout too, and asking the metadata would cost the command 10 ms.
__version__ = "0.1.0"

__all__ = [
    "AgentRun",
    "Board",
    "BoardAddressError",
    "BoardFacts",
    "BoardIdentity",
    "BoardNode",
    "Call",
    "CapabilityGrant",
    "Case",
    "CgroupRuleGrant",
    "Change",
    "Check",
    "CheckResult",
    "ComposeError",
    "Confinement",
    "DeviceGrant",
    "DeviceRequestGrant",
    "Engine",
    "EngineError",
    "EngineInfo",
    "EngineRefused",
    "EngineTimeout",
    "EngineUnreachable",
    "EnvironmentGrant",
    "Exit",
    "Expect",
    "Expectations",
    "ExpectedAccess",
    "Finding",
    "Grant",
    "GroupGrant",
    "HwAccessError",
    "I2cAdapter",
    "ImageInfo",
    "Interrupted",
    "LabelGrant",
    "Layer",
    "LibraryCall",
    "MountGrant",
    "NamedVolume",
    "NamespaceGrant",
    "NamespaceKind",
    "NothingChecked",
    "Observation",
    "Options",
    "Outcome",
    "Place",
    "Plan",
    "ProbeError",
    "ProbeImageError",
    "ProbeIn",
    "Project",
    "Provenance",
    "Refusal",
    "Remedy",
    "Report",
    "Result",
    "Risk",
    "Rule",
    "Run",
    "SecurityOptGrant",
    "Service",
    "ServiceRun",
    "Severity",
    "Swept",
    "SysctlGrant",
    "UsageError",
    "ValueGrant",
    "Verdict",
    "__version__",
    "check_project",
    "load_project",
    "open_board",
    "prepare",
]

# A public name, and the module that it is imported from at its first use.
_HOMES = {
    "AgentRun": "hwaccess.engine.base",
    "Board": "hwaccess.boards.base",
    "BoardAddressError": "hwaccess.errors",
    "BoardFacts": "hwaccess.facts",
    "BoardIdentity": "hwaccess.model",
    "BoardNode": "hwaccess.facts",
    "Call": "hwaccess.model",
    "CapabilityGrant": "hwaccess.grants",
    "Case": "hwaccess.model",
    "CgroupRuleGrant": "hwaccess.grants",
    "Change": "hwaccess.model",
    "Check": "hwaccess.model",
    "CheckResult": "hwaccess.model",
    "ComposeError": "hwaccess.errors",
    "Confinement": "hwaccess.facts",
    "DeviceGrant": "hwaccess.grants",
    "DeviceRequestGrant": "hwaccess.grants",
    "Engine": "hwaccess.engine.base",
    "EngineError": "hwaccess.errors",
    "EngineInfo": "hwaccess.engine.base",
    "EngineRefused": "hwaccess.errors",
    "EngineTimeout": "hwaccess.errors",
    "EngineUnreachable": "hwaccess.errors",
    "EnvironmentGrant": "hwaccess.grants",
    "Exit": "hwaccess.errors",
    "Expect": "hwaccess.model",
    "Expectations": "hwaccess.grants",
    "ExpectedAccess": "hwaccess.grants",
    "Finding": "hwaccess.words",
    "Grant": "hwaccess.grants",
    "GroupGrant": "hwaccess.grants",
    "HwAccessError": "hwaccess.errors",
    "I2cAdapter": "hwaccess.facts",
    "ImageInfo": "hwaccess.engine.base",
    "Interrupted": "hwaccess.errors",
    "LabelGrant": "hwaccess.grants",
    "Layer": "hwaccess.model",
    "LibraryCall": "hwaccess.model",
    "MountGrant": "hwaccess.grants",
    "NamedVolume": "hwaccess.grants",
    "NamespaceGrant": "hwaccess.grants",
    "NamespaceKind": "hwaccess.grants",
    "NothingChecked": "hwaccess.errors",
    "Observation": "hwaccess.model",
    "Options": "hwaccess.run.options",
    "Outcome": "hwaccess.model",
    "Place": "hwaccess.words",
    "Plan": "hwaccess.run.prepare",
    "ProbeError": "hwaccess.errors",
    "ProbeImageError": "hwaccess.errors",
    "ProbeIn": "hwaccess.model",
    "Project": "hwaccess.grants",
    "Provenance": "hwaccess.model",
    "Refusal": "hwaccess.model",
    "Remedy": "hwaccess.model",
    "Report": "hwaccess.model",
    "Result": "hwaccess.model",
    "Risk": "hwaccess.words",
    "Rule": "hwaccess.model",
    "Run": "hwaccess.run.run",
    "SecurityOptGrant": "hwaccess.grants",
    "Service": "hwaccess.grants",
    "ServiceRun": "hwaccess.engine.base",
    "Severity": "hwaccess.words",
    "Swept": "hwaccess.engine.base",
    "SysctlGrant": "hwaccess.grants",
    "UsageError": "hwaccess.errors",
    "ValueGrant": "hwaccess.grants",
    "Verdict": "hwaccess.model",
    "check_project": "hwaccess.run.run",
    "load_project": "hwaccess.compose",
    "open_board": "hwaccess.boards",
    "prepare": "hwaccess.run.prepare",
}

if not TYPE_CHECKING:  # a type checker that saw these would take any name for one of ours

    def __getattr__(name: str) -> object:
        """A public name, imported now.

        Raises `AttributeError` for any other name, as a module without this function does.
        """
        home = _HOMES.get(name)
        if home is None:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        from importlib import import_module  # noqa: PLC0415 -- only the first use of a name pays

        value = getattr(import_module(home), name)
        globals()[name] = value  # the next use finds it without asking here
        return value

    def __dir__() -> list[str]:
        """What is here and what would be imported, for completion in a shell."""
        return sorted({*globals(), *__all__})

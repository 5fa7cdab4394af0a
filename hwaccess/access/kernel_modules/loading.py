"""Why a module could not be loaded although the process may load.

It is the module's file, its signature, or its own refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.access.kernel_modules.rules import NO_DECOMPRESSOR, REFUSED, SIGNATURE
from hwaccess.diagnose import rules
from hwaccess.diagnose.ladder import lockdown_line, observation_of
from hwaccess.diagnose.verdicts import board_remedy, image_remedy, stopped
from hwaccess.model import Outcome, ProbeIn

if TYPE_CHECKING:
    from hwaccess.model import Call, Case, Verdict
    from hwaccess.typed_json import JsonObject

LOADING = ("finit_module", "init_module")
FEATURES = {"xz": "XZ", "zst": "ZSTD", "gz": "ZLIB"}


def judge(case: Case, module: JsonObject, evidence: tuple[str, ...]) -> Verdict | None:
    """What loading said, when it was asked for.

    Else whether the image's own modprobe could read the file.
    """
    if module.text("name") in observation_of(case).facts.texts("came_in"):
        return None
    failed = failed_load(case)
    if failed is not None:
        return judge_load(case, failed, module, evidence)
    return judge_modprobe(case, module, evidence)


def failed_load(case: Case) -> Call | None:
    """The call that loads a file and failed; the question for the right (-1) is none."""
    calls = observation_of(case).calls
    loads = (call for call in calls if call.call in LOADING and not call.args.startswith("-1"))
    return next((call for call in loads if call.errno not in (None, "EEXIST")), None)


def judge_load(case: Case, failed: Call, module: JsonObject, evidence: tuple[str, ...]) -> Verdict:
    """The errno of a load by a process that has the right to load."""
    name = module.text("name")
    match failed.errno:
        case "EKEYREJECTED" | "ENOKEY" | "EBADMSG":
            remedy = board_remedy(
                "sign the module with a key that the kernel trusts, "
                "or install the distribution's own"
            )
            summary = f"the kernel refuses the signature of {name} ({failed.errno})"
            return stopped(SIGNATURE, summary, evidence, remedy=remedy, outcome=Outcome.BLOCKED)
        case "EPERM" if case.board.lockdown not in ("", "none"):
            summary = f"lockdown allows signed modules only, and {name} is not"
            return stopped(rules.LOCKDOWN, summary, (*evidence, lockdown_line(case)))
        case "EPERM" | "EACCES":
            return stopped(
                rules.LSM, f"the board's security module forbids loading {name}", evidence
            )
        case _:
            remedy = board_remedy(
                f"see the kernel's own words on the board: dmesg | tail; modinfo {name}"
            )
            summary = f"the kernel does not take {name} ({failed.errno})"
            return stopped(REFUSED, summary, evidence, remedy=remedy, outcome=Outcome.BLOCKED)


def judge_modprobe(case: Case, module: JsonObject, evidence: tuple[str, ...]) -> Verdict | None:
    """Whether the image's kmod says that it cannot unpack this file.

    Only the service's own image tells.
    """
    compression = module.text("compression", "")
    library = next((item for item in observation_of(case).library if item.library == "kmod"), None)
    if library is None or case.probe_in is ProbeIn.PROBE_IMAGE or compression not in FEATURES:
        return None
    if f"-{FEATURES[compression]}" not in library.text.split():
        return None
    remedy = image_remedy(
        f"install a kmod with {FEATURES[compression].lower()}, or load the module on the board"
    )
    summary = f"the image's modprobe cannot read .ko.{compression} files"
    return stopped(NO_DECOMPRESSOR, summary, evidence, remedy=remedy)

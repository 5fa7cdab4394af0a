"""What gpiozero makes of a chip that is reachable.

It must first know which Raspberry Pi it is on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hwaccess.access.gpio import rules as gpio_rules
from hwaccess.agent.answer import build_mount
from hwaccess.diagnose.ladder import observation_of
from hwaccess.diagnose.node_judge import PI, evidence_of, failed_library
from hwaccess.diagnose.verdicts import compose_remedy, image_remedy, stopped
from hwaccess.model import Change

if TYPE_CHECKING:
    from hwaccess.model import Case, Verdict

VARIABLE: Final = "GPIOZERO_PIN_FACTORY"
DETECTION: Final = "get_pi_revision()"


def judge(case: Case, good: Verdict) -> Verdict:
    """`good`, unless the service says that it uses gpiozero and gpiozero fails.

    For others it is only possible.
    """
    failure = judge_failure(case)
    if failure is None:
        return good
    if uses_gpiozero(case):
        return failure
    if PI not in case.board.model:
        return good  # gpiozero knows no other board, so no app uses it there
    return replace(
        good, also_possible=(f"an app with gpiozero fails: {failure.summary} ({failure.rule})",)
    )


def uses_gpiozero(case: Case) -> bool:
    """Whether the compose file says that the app uses gpiozero.

    x-hwaccess says so, or the variable that chooses gpiozero's backend.
    """
    asked = dict(case.check.params).get("gpiozero")
    return asked is True or any(variable.name == VARIABLE for variable in case.service.environment)


def judge_failure(case: Case) -> Verdict | None:
    """Why gpiozero fails although the chip is reachable; None when it works or is not installed."""
    failed = failed_library(case)
    if failed is None:
        return None
    evidence = evidence_of(case)
    mask = build_mount(observation_of(case).facts.table("firmware"))
    if failed.call == DETECTION and mask is not None and mask.own and mask.fstype == "tmpfs":
        told = (*evidence, f"mount {mask.point}: {mask.fstype} {','.join(mask.options)}, empty")
        remedy = compose_remedy(
            "unmask it: security_opt: [systempaths=unconfined], which opens all of /proc and /sys; "
            "narrower: lgpio or gpiod, which ask the chip and not the device tree",
            Change("add", "security_opt", "systempaths=unconfined"),
        )
        summary = "gpiozero cannot tell the board: /sys/firmware is masked"
        return stopped(gpio_rules.FIRMWARE_MASKED, summary, told, remedy=remedy)
    remedy = image_remedy(
        "see the library's own words in the evidence, and: hwaccess explain HW227"
    )
    return stopped(
        gpio_rules.GPIOZERO_FAILS, f"gpiozero fails: {failed.text}", evidence, remedy=remedy
    )

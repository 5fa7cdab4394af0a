"""A run as JSON, the contract of every other format: see `run.schema.json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hwaccess.model import Result
from hwaccess.plain import plain_json

if TYPE_CHECKING:
    from hwaccess.model import BoardIdentity, CheckResult, Remedy, Report
    from hwaccess.words import Finding, Place

SCHEMA: Final = "hwaccess/1"
PLATFORM: Final = "docker"
ORDER: Final = (Result.PASS, Result.FAIL, Result.ERROR, Result.SKIP)


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """The report as indented JSON."""
    del width, color
    return plain_json(json.dumps(to_json(report), indent=2, ensure_ascii=False)) + "\n"


def to_json(report: Report) -> dict[str, Any]:
    """The report as JSON values."""
    return {
        "schema": SCHEMA,
        "tool": report.tool,
        "platform": PLATFORM,
        "board": board(report.board),
        "results": [_result(result) for result in report.results],
        "findings": [finding_json(finding) for finding in report.findings],
        "summary": {str(result): report.count(result) for result in ORDER},
        "started": report.started,
        "seconds": report.seconds,
    }


def board(identity: BoardIdentity) -> dict[str, Any]:
    """The board a run was made on."""
    return {
        "name": identity.name,
        "url": identity.url,
        "provenance": str(identity.provenance),
        "engine": identity.engine,
        "kernel": identity.kernel,
        "arch": identity.arch,
        "cgroup": identity.cgroup,
        "lsm": list(identity.lsm),
        "model": identity.model,
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding; the place's values are null when it has none."""
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "service": finding.service,
        "summary": finding.summary,
        **_place(finding.place),
        "remedy": finding.remedy,
    }


def _result(result: CheckResult) -> dict[str, Any]:
    check, verdict = result.check, result.verdict
    return {
        "id": check.id,
        "service": check.service,
        "access": check.access,
        "target": check.target,
        "expect": str(check.expect),
        "result": str(result.result),
        "outcome": str(verdict.outcome),
        "layer": str(verdict.layer) if verdict.layer else None,
        "rule": verdict.rule or None,
        "summary": verdict.summary,
        "evidence": list(verdict.evidence),
        "also_possible": list(verdict.also_possible),
        "remedy": _remedy(verdict.remedy),
        "risk": check.risk.value,
        "probe_in": str(result.probe_in),
        "grants": [{"field": grant.field, **_place(grant.place)} for grant in check.grants],
        "seconds": result.seconds,
        # Only where no answer came is the container's own output the evidence.
        **({"log": result.log} if result.result is Result.ERROR and result.log else {}),
    }


def _remedy(remedy: Remedy | None) -> dict[str, Any] | None:
    return (
        None
        if remedy is None
        else {"kind": remedy.kind, "text": remedy.text, "patch": remedy.patch}
    )


def _place(place: Place | None) -> dict[str, Any]:
    if place is None:
        return {"file": None, "line": None, "column": None}
    return {"file": place.file, "line": place.line, "column": place.column}

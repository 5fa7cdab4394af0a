"""What a board has and what it lacks: the output of `hwaccess doctor`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from hwaccess.model import Provenance
from hwaccess.plain import plain_json, plain_lines
from hwaccess.report.json import board as board_json
from hwaccess.report.json import finding_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.facts import BoardFacts, BoardNode, I2cAdapter
    from hwaccess.model import BoardIdentity, BoardReport
    from hwaccess.words import Finding

SCHEMA: Final = "hwaccess-doctor/1"
SAME_CLASS: Final = 8  # nodes of one kind and owner beyond this many are told as a count


def text(report: BoardReport) -> str:
    """The board in lines for a person; the lines of `fix` are for a shell on the board."""
    facts, identity, lacking = report.facts, report.identity, report.lacking
    lines = [f"{identity.name} ({identity.url})"]
    if identity.provenance is Provenance.EMULATED:
        lines.append("EMULATED: its hardware is not real")
    lines += [f"  {name:10}  {value}" for name, value in _properties(facts)]
    lines += _section("I2C", [_adapter(adapter) for adapter in facts.i2c])
    lines += _section(
        "SPI", [device if " " in device else f"{device} without driver" for device in facts.spi]
    )
    lines += _section("GPIO", [_chip(facts, chip) for chip in facts.gpio_chips])
    lines += _section("nodes", list(_nodes(report.notable)))
    lines += ["", "missing" if lacking else "missing: nothing that can be seen from here"]
    for finding in lacking:
        lines += [
            f"  {finding.severity:7}  {finding.rule}  {finding.summary}",
            f"           fix: {finding.remedy}",
        ]
    if lacking:
        lines += ["", f"more on a cause: hwaccess explain {lacking[0].rule}"]
    return plain_lines("\n".join(lines))


def to_json(report: BoardReport) -> str:
    """What a board has and lacks, as a JSON document."""
    told = document(report.facts, report.identity, report.lacking)
    return plain_json(json.dumps(told, indent=2, ensure_ascii=False))


def document(
    facts: BoardFacts, identity: BoardIdentity, lacking: tuple[Finding, ...]
) -> dict[str, Any]:
    """The board as JSON values.

    Nodes are all of /dev, modes are octal texts as `stat` prints them.
    """
    return {
        "schema": SCHEMA,
        "board": board_json(identity),
        "read_by": facts.read_by,
        "engine_os": facts.engine_os,
        "security_options": list(facts.security_options),
        "user_namespace": facts.daemon_user_namespace,
        "lockdown": facts.lockdown,
        "i2c": [
            {
                "number": each.number,
                "name": each.name,
                "has_node": each.has_node,
                "clients": list(each.clients),
            }
            for each in facts.i2c
        ],
        "spi": list(facts.spi),
        "gpio_chips": list(facts.gpio_chips),
        "nodes": [_node_json(node) for node in facts.nodes],
        "modules": list(facts.modules),
        "module_trees": list(facts.module_trees),
        "has_modules": facts.has_modules,
        "modules_disabled": facts.modules_disabled,
        "interfaces": [{"name": name, "address": address} for name, address in facts.interfaces],
        "config": dict(facts.config),
        "missing": [finding_json(finding) for finding in lacking],
    }


def _node_json(node: BoardNode) -> dict[str, Any]:
    return {
        "path": node.path,
        "kind": node.kind,
        "major": node.major,
        "minor": node.minor,
        "mode": f"{node.mode:04o}",
        "uid": node.uid,
        "gid": node.gid,
        "group": node.group,
        "link": node.link,
    }


def _properties(facts: BoardFacts) -> Iterator[tuple[str, str]]:
    """The board's traits, name and value; one that the board does not tell says so."""
    yield "model", facts.model or "not told"
    engine_os = f" on {facts.engine_os}" if facts.engine_os else ""
    yield "engine", f"{facts.engine}{engine_os}"
    yield "security", ", ".join(facts.security_options) or "no option of the engine"
    yield "kernel", f"Linux {facts.kernel} {facts.arch}"
    yield "cgroup", f"v{facts.cgroup}"
    if not facts.complete:
        return
    yield "LSM", ", ".join(facts.lsm) or "none"
    yield "lockdown", facts.lockdown or "not in this kernel"
    yield "modules", _modules(facts)
    yield "trees", ", ".join(facts.module_trees) or "none in /lib/modules"
    yield "read", facts.read_by


def _modules(facts: BoardFacts) -> str:
    if not facts.has_modules:
        return "the kernel has no modules, all is built in"
    loaded = f"{len(facts.modules)} loaded"
    return (
        f"{loaded}, loading is switched off until the next start"
        if facts.modules_disabled
        else loaded
    )


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *(f"  {line}" for line in lines)] if lines else []


def _adapter(adapter: I2cAdapter) -> str:
    node = (
        f"/dev/i2c-{adapter.number}" if adapter.has_node else f"i2c-{adapter.number} without node"
    )
    clients = f"  ({', '.join(adapter.clients)})" if adapter.clients else ""
    return f"{node}  {adapter.name}{clients}"


def _chip(facts: BoardFacts, chip: str) -> str:
    return f"/dev/{chip}" if facts.node(f"/dev/{chip}") else f"{chip} without node"


def _nodes(notable: tuple[BoardNode, ...]) -> Iterator[str]:
    """The interesting nodes as `ls -l` would show them.

    Many of one kind with the same owner and mode are counted.
    """
    kinds: dict[tuple[str, int, int, int], list[BoardNode]] = {}
    for node in notable:
        kind = re.sub(r"[\d.]+(?=/|$)", "", node.path)
        kinds.setdefault((kind, node.mode, node.uid, node.gid), []).append(node)
    shown = [
        node
        for nodes in kinds.values()
        for node in nodes[: SAME_CLASS if len(nodes) <= SAME_CLASS else 1]
    ]
    width = max((len(node.path) for node in shown), default=0)
    for nodes in kinds.values():
        few = len(nodes) <= SAME_CLASS
        for node in nodes if few else nodes[:1]:
            owner = f"{node.uid}:{node.group or node.gid}"
            more = "" if few else f"  and {len(nodes) - 1} more like it"
            number = f"{node.major}:{node.minor}"
            yield f"{node.path:{width}}  {node.mode:04o}  {owner:12}  {node.kind} {number}{more}"

"""The board probe's answer, checked and turned into `BoardFacts`.

Or what the engine alone can say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hwaccess.facts import BoardFacts, BoardNode, I2cAdapter

if TYPE_CHECKING:
    from hwaccess.engine.base import EngineInfo
    from hwaccess.typed_json import JsonObject

USER_NAMESPACE_OPTIONS = ("userns", "rootless")


def engine_only(info: EngineInfo) -> BoardFacts:
    """The facts of a board whose own file system was not read."""
    return BoardFacts(
        complete=False,
        read_by="nothing",
        name=info.name,
        engine=f"{info.product} {info.version}",
        engine_os=info.operating_system,
        kernel=info.kernel,
        arch=info.arch,
        cgroup=info.cgroup,
        security_options=info.security_options,
        daemon_user_namespace=any(
            option in info.security_options for option in USER_NAMESPACE_OPTIONS
        ),
    )


def decode_board(info: EngineInfo, facts: JsonObject, read_by: str) -> BoardFacts:
    """What `probes/board.py` said, next to what the engine says.

    read_by: "directly" or "board container".
    """
    groups = tuple((group.text("name"), group.number("gid")) for group in facts.tables("groups"))
    return replace(
        engine_only(info),
        complete=True,
        read_by=read_by,
        kernel=facts.text("kernel", info.kernel),
        lsm=facts.texts("lsm"),
        lockdown=facts.text("lockdown", ""),
        model=facts.text("model", ""),
        nodes=build_nodes(facts, groups),
        char_majors=build_majors(facts, "char_majors"),
        block_majors=build_majors(facts, "block_majors"),
        i2c=tuple(build_adapter(adapter) for adapter in facts.tables("i2c")),
        spi=facts.texts("spi"),
        gpio_chips=facts.texts("gpio_chips"),
        modules=facts.texts("modules"),
        has_modules=facts.flag("has_modules"),
        modules_disabled=facts.flag("modules_disabled"),
        module_trees=facts.texts("module_trees"),
        firmware_path=facts.text("firmware_path", ""),
        config=build_pairs(facts, "config"),
        groups=groups,
        paths=build_pairs(facts, "paths"),
        interfaces=tuple(
            (item.text("name"), item.text("address")) for item in facts.tables("interfaces")
        ),
        network_namespace=facts.text("network_namespace", ""),
    )


def build_nodes(facts: JsonObject, groups: tuple[tuple[str, int], ...]) -> tuple[BoardNode, ...]:
    """The nodes of /dev, each with the board's name of its group.

    Of several names it is the first one, as getgrgid gives it.
    """
    names = {gid: name for name, gid in reversed(groups)}
    return tuple(
        BoardNode(
            path=node.text("path"),
            kind=node.text("kind"),
            major=node.number("major"),
            minor=node.number("minor"),
            mode=node.number("mode"),
            uid=node.number("uid"),
            gid=node.number("gid"),
            group=names.get(node.number("gid"), ""),
            link=node.text("link", ""),
        )
        for node in facts.tables("nodes")
    )


def build_majors(facts: JsonObject, key: str) -> tuple[tuple[int, str], ...]:
    """One section of /proc/devices."""
    return tuple((line.number("major"), line.text("driver")) for line in facts.tables(key))


def build_adapter(item: JsonObject) -> I2cAdapter:
    """One I2C adapter."""
    return I2cAdapter(
        item.number("number"), item.text("name", ""), item.flag("has_node"), item.texts("clients")
    )


def build_pairs(facts: JsonObject, key: str) -> tuple[tuple[str, str], ...]:
    """An object whose values are texts, as pairs."""
    table = facts.table(key)
    return tuple((name, table.text(name)) for name in table.keys())  # noqa: SIM118 -- no dict

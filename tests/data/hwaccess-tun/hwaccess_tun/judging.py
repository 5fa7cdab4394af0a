"""Judging the access `tun`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.diagnose.ladder import node_of, observation_of
from hwaccess.diagnose.node_judge import answer_to, evidence_of, judge_node, map_the_right_one
from hwaccess.diagnose.verdicts import reached, stopped
from hwaccess_tun import rules

if TYPE_CHECKING:
    from hwaccess.model import Case, Verdict


def judge(case: Case) -> Verdict:
    """The ladder first: why the node does not open. Then whether the right driver is behind it."""
    return judge_node(case) or judge_driver(case)


def judge_driver(case: Case) -> Verdict:
    """Only the driver of virtual interfaces tells its features."""
    observation, path = observation_of(case), node_of(case).path
    features = answer_to(observation, "TUNGETFEATURES")
    if features is None or features.errno:
        summary = f"{path} is another device: it does not tell the features of a TUN driver"
        remedy = map_the_right_one(case)
        return stopped(rules.NOT_TUN, summary, evidence_of(case), remedy=remedy)
    found = observation.facts.number("features")
    return reached(f"{path} can make virtual interfaces (features {found:#x})", observation)

"""An engine's words, as they were seen, and what they mean."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cases import BOARD, PLACE, capability, device, group

from hwaccess import access
from hwaccess.diagnose.refusal import judge_refusal, rules
from hwaccess.grants import SecurityOptGrant, Service, SysctlGrant
from hwaccess.model import Case, Change, Check, Expect, Layer, Outcome, ProbeIn, Refusal
from hwaccess.words import Risk

RUNC = "failed to create shim task: OCI runtime create failed: runc create failed: "
INIT = RUNC + "unable to start container process: error during container init: "

# Docker 20.10 to 29 and Podman 4 and 5; the first ones were all met on 20.10.24.
MEANINGS = [
    (
        (
            'error gathering device information while adding custom device "/dev/i2c-1": '
            "no such file or directory"
        ),
        "HW050",
        "/dev/i2c-1",
    ),
    (
        'error gathering device information while adding custom device "/sys/x": not a device node',
        "HW051",
        "/sys/x",
    ),
    ("Unable to find group i2c: no matching entries in group file", "HW052", "group i2c"),
    ("unable to find group pi: no matching entries in group file", "HW052", "group pi"),
    ("unable to find user pi: no matching entries in passwd file", "HW053", "user pi"),
    (
        (
            "privileged mode is incompatible with user namespaces.  "
            "You must run the container in the host namespace"
        ),
        "HW054",
        "privileged",
    ),
    (
        "cannot share the host's network namespace when user namespaces are enabled",
        "HW054",
        "network",
    ),
    ("cannot share the host PID namespace when user namespaces are enabled", "HW054", "PID"),
    ("Unknown runtime specified nvidia", "HW055", "nvidia"),
    ("unknown or invalid runtime name: nvidia", "HW055", "nvidia"),
    ('could not select device driver "" with capabilities: [[gpu]]', "HW056", "GPU"),
    (
        "nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1",
        "HW056",
        "GPU",
    ),
    ('could not select device driver "cdi" with capabilities: []', "HW057", "CDI"),
    ("CDI device injection failed: unresolvable CDI devices vendor.com/class=name", "HW057", "CDI"),
    (
        'invalid mount config for type "bind": bind source path does not exist: /nope',
        "HW058",
        "/nope",
    ),
    ("statfs /nope: no such file or directory", "HW058", "/nope"),
    ("path /tmp is mounted on / but it is not a shared or slave mount", "HW059", "/tmp"),
    (
        INIT + 'error mounting "/tmp" to rootfs at "/proc/foo": '
        "cannot be mounted because it is inside /proc",
        "HW059",
        "",
    ),
    (
        INIT + "error creating device nodes: mkdir /merged/loader: not a directory: unknown",
        "HW059",
        "",
    ),
    ('invalid CapAdd: unknown capability: "CAP_BOGUS"', "HW060", "CAP_BOGUS"),
    (INIT + "unable to apply caps: operation not permitted: unknown", "HW061", ""),
    (RUNC + "string BOGUS is not a valid action for seccomp: unknown", "HW062", ""),
    ("Decoding seccomp profile failed: unexpected end of JSON input", "HW062", ""),
    (RUNC + "unable to start container process: apparmor profile nope not found", "HW063", ""),
    ('invalid --security-opt 2: "bogus=1"', "HW064", ""),
    ("invalid mount path: 'relative' mount path must be absolute", "HW064", ""),
    ("the working directory 'relative' is invalid, it needs to be an absolute path", "HW064", ""),
    (
        RUNC + 'sysctl "net.ipv4.ip_forward" not allowed in host network namespace: unknown',
        "HW065",
        "ip_forward",
    ),
    (
        RUNC + 'sysctl "kernel.foo" is not in a separate kernel namespace: unknown',
        "HW065",
        "kernel.foo",
    ),
    (
        INIT + "open /proc/sys/net/ipv4/nope: no such file or directory: unknown",
        "HW065",
        "net/ipv4/nope",
    ),
    ('cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"', "HW066", ""),
    (
        RUNC + "unable to apply cgroup configuration: bpf_prog_query(BPF_CGROUP_DEVICE) failed",
        "HW066",
        "",
    ),
    ("conflicting options: hostname and the UTS mode", "HW067", ""),
    (
        RUNC + "unable to start container process: exec /.hwaccess/lib/loader: exec format error",
        "HW068",
        "",
    ),
    ("the moon is in the wrong house", "HW069", ""),
]


def refused(
    words: str, *, probe_in: ProbeIn = ProbeIn.SERVICE_IMAGE, service: Service | None = None
) -> Case:
    check = Check("app", "i2c", "/dev/i2c-1", Expect.REACH, Risk.OPEN)
    return Case(
        check, service or Service("app", PLACE), BOARD, probe_in, refusal=Refusal("start", words)
    )


@pytest.mark.parametrize(
    ("words", "rule", "named"), MEANINGS, ids=[f"{row[1]}-{row[2]}" for row in MEANINGS]
)
def test_an_engines_words_have_one_meaning(words: str, rule: str, named: str) -> None:
    verdict = judge_refusal(refused(words), access.missing_node)

    assert verdict.rule == rule
    assert named in verdict.summary
    assert words in verdict.evidence[0]


def test_every_rule_has_words_that_lead_to_it() -> None:
    assert {rule.id for rule in rules.RULES} == {row[1] for row in MEANINGS}


def test_words_that_nobody_knows_are_no_answer() -> None:
    assert (
        judge_refusal(refused("the moon is in the wrong house"), access.missing_node).outcome
        is Outcome.UNKNOWN
    )


def test_a_missing_node_is_absent_on_the_board() -> None:
    verdict = judge_refusal(refused(MEANINGS[0][0]), access.missing_node)

    assert (verdict.outcome, verdict.layer) == (Outcome.ABSENT, Layer.BOARD)
    assert verdict.remedy is not None
    assert verdict.remedy.kind == "board"


def test_a_file_under_devices_moves_to_volumes() -> None:
    service = replace(Service("app", PLACE), devices=(device("/sys/x:/y"),))
    words = (
        'error gathering device information while adding custom device "/sys/x": not a device node'
    )

    remedy = judge_refusal(refused(words, service=service), access.missing_node).remedy

    assert remedy is not None
    assert remedy.changes == (
        Change("remove", "devices", "/sys/x:/y"),
        Change("add", "volumes", "/sys/x:/y"),
    )


def test_a_group_that_the_board_knows_is_given_by_its_number() -> None:
    service = replace(Service("app", PLACE), groups=(group("i2c"),))

    remedy = judge_refusal(
        refused("Unable to find group i2c: no matching entries in group file", service=service),
        access.missing_node,
    ).remedy

    assert remedy is not None
    assert remedy.changes == (Change("replace", "group_add", '"998"', old="i2c"),)


def test_a_group_that_the_board_does_not_know_is_the_images_matter() -> None:
    service = replace(Service("app", PLACE), groups=(group("moon"),))

    remedy = judge_refusal(
        refused("Unable to find group moon: no matching entries", service=service),
        access.missing_node,
    ).remedy

    assert remedy is not None
    assert remedy.kind == "image"


def test_the_probe_image_cannot_say_whether_the_services_own_knows_a_group() -> None:
    words = "Unable to find group i2c: no matching entries in group file"

    verdict = judge_refusal(refused(words, probe_in=ProbeIn.PROBE_IMAGE), access.missing_node)

    assert verdict.outcome is Outcome.UNKNOWN
    assert "own image" in verdict.summary


def test_an_unknown_capability_is_taken_out_as_it_was_written() -> None:
    service = replace(
        Service("app", PLACE), capabilities=(replace(capability("BOGUS"), text="cap_bogus"),)
    )

    remedy = judge_refusal(
        refused('invalid CapAdd: unknown capability: "CAP_BOGUS"', service=service),
        access.missing_node,
    ).remedy

    assert remedy is not None
    assert remedy.changes == (Change("remove", "cap_add", "cap_bogus"),)


def test_a_kernel_parameter_of_the_board_is_taken_out() -> None:
    grant = SysctlGrant(
        field="sysctls", text="kernel.foo=1", place=PLACE, name="kernel.foo", value="1"
    )
    service = replace(Service("app", PLACE), sysctls=(grant,))

    remedy = judge_refusal(
        refused("sysctl 'kernel.foo=1' is not allowed", service=service), access.missing_node
    ).remedy
    exact = judge_refusal(
        refused('sysctl "kernel.foo" not allowed in host network namespace', service=service),
        access.missing_node,
    ).remedy

    assert remedy == exact
    assert exact is not None
    assert exact.changes == (Change("remove", "sysctls", "kernel.foo=1"),)


def profile(value: str) -> SecurityOptGrant:
    return SecurityOptGrant(
        field="security_opt", text=f"apparmor={value}", place=PLACE, option="apparmor", value=value
    )


# The engine's words, the service, then where the remedy is applied and what it says.
REMEDIES = [
    ("unable to find user pi: no matching entries", None, "image", "useradd --uid 1000 pi"),
    (
        "privileged mode is incompatible with user namespaces",
        None,
        "compose",
        "leave the engine's user namespace",
    ),
    ("statfs /nope: no such file or directory", None, "board", "make /nope on the board"),
    ('could not select device driver "" with', None, "board", "nvidia-container-toolkit"),
    (
        "apparmor profile nope not found",
        replace(Service("app", PLACE), security_opts=(profile("nope"),)),
        "board",
        "sudo apparmor_parser -r /etc/apparmor.d/nope",
    ),
]


@pytest.mark.parametrize(
    ("words", "service", "kind", "told"), REMEDIES, ids=[row[2] + row[0][:18] for row in REMEDIES]
)
def test_a_refusal_says_what_would_change_it(
    words: str, service: Service | None, kind: str, told: str
) -> None:
    remedy = judge_refusal(refused(words, service=service), access.missing_node).remedy

    assert remedy is not None
    assert remedy.kind == kind
    assert told in remedy.text


def test_leaving_the_user_namespace_is_one_line_of_the_service() -> None:
    remedy = judge_refusal(
        refused("privileged mode is incompatible with user namespaces"), access.missing_node
    ).remedy

    assert remedy is not None
    assert remedy.changes == (Change("set", "userns_mode", "host"),)


def test_a_profile_that_nobody_names_cannot_be_loaded() -> None:
    words = "write /proc/self/attr/exec: apparmor"

    assert judge_refusal(refused(words), access.missing_node).remedy is None

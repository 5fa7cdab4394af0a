"""The names of compose's fields by section: those of file versions 2.0 to 2.4, 3.0 to 3.9 and of the specification."""

from __future__ import annotations

from typing import Final

TOP: Final = "version name include services models networks volumes secrets configs"
SERVICE: Final = """
    annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name
    cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec
    depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file
    environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation
    label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models
    network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_stop privileged
    profiles provider pull_policy pull_refresh_after read_only restart runtime scale secrets security_opt shm_size
    stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts
    volume_driver volumes volumes_from working_dir
"""
EXTERNAL: Final = "external labels name"
GPU: Final = "capabilities count device_ids driver options"
ROLLOUT: Final = "delay failure_action max_failure_ratio monitor order parallelism"
MOUNTED: Final = "gid mode source target uid"
# A section's path -> its fields. `*` stands for any name or list item.
TABLE: Final[dict[str, str]] = {
    "": TOP,
    "include.*": "env_file path project_directory",
    "services.*": SERVICE,
    "services.*.build": """
        additional_contexts args cache_from cache_to context dockerfile dockerfile_inline entitlements extra_hosts
        isolation labels network no_cache platforms privileged provenance pull sbom secrets shm_size ssh tags target
        ulimits
    """,
    "services.*.blkio_config": """
        device_read_bps device_read_iops device_write_bps device_write_iops weight weight_device
    """,
    "services.*.configs.*": MOUNTED,
    "services.*.credential_spec": "config file registry",
    "services.*.depends_on.*": "condition required restart",
    "services.*.deploy": """
        endpoint_mode labels mode placement replicas resources restart_policy rollback_config update_config
    """,
    "services.*.deploy.placement": "constraints max_replicas_per_node preferences",
    "services.*.deploy.resources": "limits reservations",
    "services.*.deploy.resources.limits": "cpus memory pids devices generic_resources",
    "services.*.deploy.resources.reservations": "cpus devices generic_resources memory",
    "services.*.deploy.resources.reservations.devices.*": GPU,
    "services.*.deploy.restart_policy": "condition delay max_attempts window",
    "services.*.deploy.rollback_config": ROLLOUT,
    "services.*.deploy.update_config": ROLLOUT,
    "services.*.develop": "watch",
    "services.*.devices.*": "permissions source target",
    "services.*.env_file.*": "format path required",
    "services.*.extends": "file service",
    "services.*.gpus.*": GPU,
    "services.*.healthcheck": "disable interval retries start_interval start_period test timeout",
    "services.*.logging": "driver options",
    "services.*.networks.*": """
        aliases driver_opts gw_priority interface_name ipv4_address ipv6_address link_local_ips mac_address priority
    """,
    "services.*.ports.*": "app_protocol host_ip mode name protocol published target",
    "services.*.provider": "options type",
    "services.*.secrets.*": MOUNTED,
    "services.*.ulimits.*": "hard soft",
    "services.*.volumes.*": "bind cluster consistency image read_only source target tmpfs type volume",
    "services.*.volumes.*.bind": "create_host_path propagation recursive selinux",
    "services.*.volumes.*.image": "subpath",
    "services.*.volumes.*.tmpfs": "mode size",
    "services.*.volumes.*.volume": "labels nocopy subpath",
    "networks.*": f"{EXTERNAL} attachable driver driver_opts enable_ipv4 enable_ipv6 internal ipam",
    "networks.*.ipam": "config driver options",
    "volumes.*": f"{EXTERNAL} driver driver_opts",
    "secrets.*": f"{EXTERNAL} driver driver_opts environment file template_driver",
    "configs.*": f"{EXTERNAL} content environment file template_driver",
}
FIELDS: Final = {path: frozenset(names.split()) for path, names in TABLE.items()}
# What people write, by the names of the `docker run` options, of other tools, or of compose files
# of version 1.
MEANT: Final = {
    "cap": "cap_add",
    "capabilities": "cap_add",
    "caps": "cap_add",
    "cgroup_rules": "device_cgroup_rules",
    "destination": "target",
    "device_rules": "device_cgroup_rules",
    "dst": "target",
    "env": "environment",
    "envs": "environment",
    "groups": "group_add",
    "log_driver": "logging",
    "log_opt": "logging",
    "mount": "volumes",
    "mounts": "volumes",
    "name": "container_name",
    "net": "network_mode",
    "network": "networks",
    "privileges": "privileged",
    "readonly": "read_only",
    "security": "security_opt",
    "src": "source",
    "userns": "userns_mode",
    "workdir": "working_dir",
}

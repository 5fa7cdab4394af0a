"""Why a kernel module is not to be had, HW260 to HW269."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule

NO_MODULES: Final = Rule(
    "HW260",
    "the board's kernel has no loadable modules",
    """\
/proc/modules does not exist: the kernel was built without CONFIG_MODULES, so everything that it can do is built in.
finit_module(2) says ENOSYS. With the engine's default seccomp profile it says EPERM instead, for the filter answers
before the kernel: a capability or `seccomp=unconfined` only changes the errno.

    zcat /proc/config.gz | grep -w CONFIG_MODULES      # on the board
""",
    Layer.BOARD,
)
NO_TREE: Final = Rule(
    "HW261",
    "the board has no modules for the kernel that it runs",
    """\
/lib/modules on the board has no folder named as `uname -r`. Usually the kernel package was upgraded and the board has
not been rebooted: the folder of the new version is there, the one of the running kernel is gone. Every driver that is
not loaded yet fails then, on the board as well. No change of the container helps.

    uname -r; ls /lib/modules
    sudo reboot
""",
    Layer.BOARD,
)
NOT_MOUNTED: Final = Rule(
    "HW262",
    "the board's module tree is not mounted in the container",
    """\
The container has no /lib/modules/RELEASE for the running kernel; what its image has there belongs to another kernel.
modprobe then fails before any system call: `could not open moddep file` or `Module X not found in directory`.

    volumes: ["/lib/modules:/lib/modules:ro"]
    labels: {io.balena.features.kernel-modules: "1"}      # the same on balena

The mount alone allows to look. Loading also takes `cap_add: [SYS_MODULE]`. Better than both: load the module on the
board, with a line in /etc/modules-load.d.
""",
    Layer.MOUNT,
)
NO_INDEX: Final = Rule(
    "HW263",
    "the module tree has no modules.dep",
    """\
The folder of the running kernel is there, its index is not, so modprobe finds nothing in it. Trees that were copied by
hand, or trimmed to save space, come without it.

    sudo depmod -a      # on the board
""",
    Layer.BOARD,
)
NO_SUCH_MODULE: Final = Rule(
    "HW264",
    "the running kernel's tree has no such module",
    """\
The module is neither built in nor loaded, and modules.dep and modules.alias do not know the name; or the file that they
name is gone. The kernel was built without that driver, or it lies in a package of its own.

    zcat /proc/config.gz | grep -i NAME
    sudo apt install linux-modules-extra-$(uname -r)      # Ubuntu keeps rare drivers there

Told apart: a module that shows in /sys/module is there although modprobe fails. That is counted as reached.
""",
    Layer.BOARD,
)
DISABLED: Final = Rule(
    "HW265",
    "loading modules is switched off until the next boot",
    """\
The sysctl kernel.modules_disabled is 1. Once set it cannot be taken back without a reboot, and it refuses everyone,
with EPERM, whatever capability they have. It hardens the board: load what is needed at boot, before it is set.

    cat /proc/sys/kernel/modules_disabled
    grep -r modules_disabled /etc/sysctl.conf /etc/sysctl.d
""",
    Layer.BOARD,
)
NO_DECOMPRESSOR: Final = Rule(
    "HW266",
    "the image's modprobe cannot read the board's compressed modules",
    """\
The tree holds .ko.xz, .ko.zst or .ko.gz files, and `modprobe --version` of the image says that it was built without
that (`-ZSTD`, `-XZ`, `-ZLIB`). It hands the packed file to the kernel, which answers ENOEXEC, `Exec format error`. Old
Debian and Alpine images are like that.

    modprobe --version
    RUN apk add kmod      # in the image: instead of busybox's modprobe

Or load the module on the board, whose own kmod fits its files.
""",
    Layer.USERLAND,
)
SIGNATURE: Final = Rule(
    "HW267",
    "the kernel refuses the module's signature",
    """\
ENOKEY: signed with a key that the kernel does not know, or not signed where it must be. EKEYREJECTED: the signature
does not fit the file, for example after `strip`. Kernels ask for it with module.sig_enforce=1 or under lockdown.

    modinfo NAME | grep -E 'sig|vermagic'
    mokutil --import KEY.der      # trust a key of your own, where secure boot uses shim
""",
    Layer.BOARD,
)
REFUSED: Final = Rule(
    "HW268",
    "the kernel does not take the module",
    """\
ENOEXEC: not a module for this kernel (its vermagic differs in more than the release, or the file is still compressed).
ENOENT: it needs symbols of a module that is not loaded. ENODEV: the module looked for its hardware and found none.
EINVAL: a module parameter or a symbol's version is wrong. The kernel's log says which.

    dmesg | tail
    modinfo -F vermagic NAME; cat /proc/version
""",
    Layer.BOARD,
)
RULES: Final = tuple(value for value in vars().copy().values() if isinstance(value, Rule))

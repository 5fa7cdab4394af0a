"""Why a kernel module is not to be had, HW260 to HW269."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

NO_MODULES: Final = Rule("HW260", "the board's kernel has no loadable modules", Layer.BOARD)
NO_TREE: Final = Rule("HW261", "the board has no modules for the kernel that it runs", Layer.BOARD)
NOT_MOUNTED: Final = Rule(
    "HW262", "the board's module tree is not mounted in the container", Layer.MOUNT
)
NO_INDEX: Final = Rule("HW263", "the module tree has no modules.dep", Layer.BOARD)
NO_SUCH_MODULE: Final = Rule("HW264", "the running kernel's tree has no such module", Layer.BOARD)
DISABLED: Final = Rule("HW265", "loading modules is switched off until the next boot", Layer.BOARD)
NO_DECOMPRESSOR: Final = Rule(
    "HW266", "the image's modprobe cannot read the board's compressed modules", Layer.USERLAND
)
SIGNATURE: Final = Rule("HW267", "the kernel refuses the module's signature", Layer.BOARD)
REFUSED: Final = Rule("HW268", "the kernel does not take the module", Layer.BOARD)
RULES: Final = rules_of(vars())

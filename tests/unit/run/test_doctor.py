"""What a board lacks, by table over its facts."""

from __future__ import annotations

from dataclasses import replace

import cases
import pytest

from hwaccess.access import gpio, i2c, spi
from hwaccess.diagnose.board import rules
from hwaccess.facts import BoardFacts, BoardNode, I2cAdapter
from hwaccess.run.doctor import lacking

GOOD = replace(
    cases.BOARD,
    model="Raspberry Pi 4 Model B Rev 1.4",
    i2c=(I2cAdapter(1, "bcm2835 (i2c@7e804000)", has_node=True),),
    spi=("spi0.0 spidev",),
    gpio_chips=("gpiochip0",),
    nodes=(*cases.BOARD.nodes, BoardNode("/dev/gpiochip0", "char", 254, 0, 0o660, 0, 997, "gpio")),
    module_trees=("6.12.1",),
    lockdown="none",
)
ROOT_NODE = replace(cases.I2C, gid=0, group="root", mode=0o600)


@pytest.mark.parametrize(
    ("facts", "rule", "words", "fixes"),
    [
        (
            replace(GOOD, i2c=(I2cAdapter(1, "a", has_node=False),
                               I2cAdapter(2, "b", has_node=False))),
            i2c.rules.I2C_WITHOUT_NODE, "i2c-1, i2c-2", "sudo modprobe i2c-dev",
        ),
        (
            replace(GOOD, i2c=(I2cAdapter(1, "a", has_node=False),),
                    config=(("I2C_CHARDEV", "n"),)),
            rules.NOT_BUILT, "CONFIG_I2C_CHARDEV", "zcat /proc/config.gz | grep I2C_CHARDEV",
        ),
        (replace(GOOD, i2c=()), rules.BUS_OFF, "I2C", "dtparam=i2c_arm=on"),
        (replace(GOOD, spi=()), rules.BUS_OFF, "SPI", "dtparam=spi=on"),
        (replace(GOOD, spi=("spi0.0", "spi0.1 spidev")), spi.rules.SPI_WITHOUT_DRIVER, "spi0.0",
         "modprobe spidev"),
        (replace(GOOD, gpio_chips=("gpiochip0", "gpiochip4")), gpio.rules.GPIO_WITHOUT_NODE,
         "gpiochip4", "GPIO_CDEV"),
        (replace(GOOD, module_trees=("6.6.0",)), rules.NO_MODULE_TREE, "it has 6.6.0",
         "sudo reboot"),
        (replace(GOOD, module_trees=()), rules.NO_MODULE_TREE, "none at all", "sudo reboot"),
        (replace(GOOD, complete=False), rules.NOT_READ, "could not be read",
         "run hwaccess on the board"),
        (replace(GOOD, engine_os="Docker Desktop"), rules.ENGINE_ELSEWHERE, "virtual machine",
         "docker context use"),
        (replace(GOOD, daemon_user_namespace=True), rules.ENGINE_ELSEWHERE, "user namespace",
         "docker context use"),
        (replace(GOOD, lockdown="integrity"), rules.LOCKED_DOWN, "integrity", "mokutil --sb-state"),
        (
            replace(GOOD, nodes=(ROOT_NODE, GOOD.nodes[1])),
            rules.ROOT_ONLY, "only root may use /dev/i2c-1",
            'SUBSYSTEM=="i2c-dev", GROUP="i2c", MODE="0660"',
        ),
    ],
)  # fmt: skip
def test_one_thing_is_lacking(facts: BoardFacts, rule: object, words: str, fixes: str) -> None:
    (found,) = lacking(facts)
    assert found.rule == getattr(rule, "id", None)
    assert words in found.summary
    assert fixes in (found.remedy or "")


@pytest.mark.parametrize(
    "facts",
    [
        GOOD,
        replace(
            GOOD, model="", i2c=(), spi=()
        ),  # no bus of its own, and nobody says that there should be one
        replace(GOOD, has_modules=False, module_trees=()),  # all is built in
        replace(GOOD, nodes=(replace(ROOT_NODE, mode=0o666), GOOD.nodes[1])),
        replace(
            GOOD, nodes=(cases.I2C, replace(ROOT_NODE, path="/dev/i2c-2"), GOOD.nodes[1])
        ),  # one will do
        replace(
            GOOD, nodes=(replace(ROOT_NODE, path="/dev/i2c-bus", link="/dev/x"), GOOD.nodes[1])
        ),
    ],
)
def test_nothing_is_lacking(facts: BoardFacts) -> None:
    assert lacking(facts) == ()


def test_a_board_that_was_not_read_is_not_said_to_lack_its_buses() -> None:
    unread = BoardFacts(
        complete=False, read_by="nothing", name="pi", engine="Docker 27", engine_os="",
        kernel="6.1", arch="armv7l", cgroup=2, model="Raspberry Pi 4",
    )  # fmt: skip
    assert [found.rule for found in lacking(unread)] == [rules.NOT_READ.id]

"""Virtual boards: QEMU machines with a distribution's kernel, its real drivers and a Docker engine.

Arrows point one way, and each room imports only those before it:

    store, programs   the cache of what is built, and the programs that are run; the ground
    recipe            what a board is to be; the files themselves are in recipes/
    guest             what runs on the board
    machine           one QEMU process: command line, monitor, console, snapshot
    board             the engine of a machine that runs, as a `Board`
    build             a board made of a recipe, once
    opening, listing  what `--board qemu:NAME` and `hwaccess board` do
"""

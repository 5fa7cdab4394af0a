"""Virtual boards: QEMU machines with a stock Debian kernel, its real drivers and a real Docker engine."""

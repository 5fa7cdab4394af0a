"""Virtual boards: QEMU machines with a stock kernel of Debian or Ubuntu, its real drivers and a real Docker engine."""

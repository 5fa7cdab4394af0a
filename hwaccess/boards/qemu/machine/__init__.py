"""A QEMU process: its command line, its start, its console and monitor, its snapshot, its end."""

"""The causes of a system bus that cannot be used, HW280 to HW289, with the page that `hwaccess explain` prints."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule

NOT_MOUNTED: Final = Rule(
    "HW280",
    "the board's bus socket is not in the container",
    """\
connect(2) says ENOENT: there is no socket where the app looks, and nothing in the service brings one. `privileged`,
host networking or a mapped Bluetooth adapter do not: BlueZ and NetworkManager are reached by the bus alone.

On any Docker host, mount the directory (not the socket in it, see HW282):

    volumes:
      - "/run/dbus:/run/dbus"

On balenaOS, where binds of host paths are ignored:

    labels:
      io.balena.features.dbus: "1"
    environment:
      - "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/host/run/dbus/system_bus_socket"

Whoever reaches the system bus as root can do to the board what its root can. Give it to the services that need it.
""",
    Layer.ENGINE,
)
NO_BUS: Final = Rule(
    "HW281",
    "no bus runs on the board",
    """\
The directory is mounted, but nobody listens: the socket is missing (ENOENT) or nothing is behind it (ECONNREFUSED).
When the socket itself is the bind mount, the cause is another one: HW282.

    systemctl status dbus; ls -l /run/dbus

Install or start the bus on the board (`apt-get install dbus`, `systemctl start dbus`).
""",
    Layer.BOARD,
)
STALE_MOUNT: Final = Rule(
    "HW282",
    "the socket's bind mount leads to a socket that is no more",
    """\
The service mounts the socket file. Such a mount holds on to that very file: when the bus of the board starts again it
makes a new socket, and the container keeps the old one, which answers ECONNREFUSED. When the socket was missing as the
container was made, the engine put an empty directory in its place, on the board too.

Mount the directory that holds it; a new socket then shows in the container as well:

    volumes:
      - "/run/dbus:/run/dbus"
""",
    Layer.MOUNT,
)
SOCKET_PERMISSION: Final = Rule(
    "HW283",
    "owner and mode of the bus socket keep this user out",
    """\
connect(2) says EACCES, and so do owner and mode: to connect takes the right to write to the socket and to search every
directory above it. The socket of a system bus is open to all (0777) as a rule; look at who changed it.

    stat -c '%U:%G %a %n' /run/dbus /run/dbus/system_bus_socket

When mode says yes and connect(2) still says EACCES, a security module is the cause: HW284.
""",
    Layer.PERMISSION,
)
SECURITY_MODULE: Final = Rule(
    "HW284",
    "a security module stands between the container and the bus",
    """\
Two look alike. With AppArmor (Ubuntu), connecting and authentication go well, and the bus itself refuses Hello or a
call with "An AppArmor policy prevents this sender": the profile `docker-default` has no rule for the bus. With SELinux,
connect(2) says EACCES although owner and mode allow it.

`privileged` is not needed. Smallest is a profile of your own that copies `docker-default` and adds the line `dbus,`;
quickest, and wider:

    security_opt:
      - "apparmor=unconfined"      # or label=disable with SELinux

The container must be made anew. What counts is what the process has: `cat /proc/self/attr/current`.
""",
    Layer.LSM,
)
OTHER_USER: Final = Rule(
    "HW285",
    "the bus sees another uid than the client names",
    """\
The answer to authentication is `REJECTED EXTERNAL`. In a user namespace (rootless, userns-remap) the client says the
uid that it has inside, while the kernel tells the bus the one outside; the bus refuses when the two do not agree.

Clients that name no uid get through: sd-bus (`busctl`), GDBus, dbus-fast, godbus 5.1 or later. Those that name it do
not: libdbus (`dbus-send`, dbus-python), jeepney, older ones. So either use another client, or leave the namespace:

    userns_mode: "host"          # userns-remap; with rootless Podman: --userns=keep-id
""",
    Layer.USER_NAMESPACE,
)
TURNED_AWAY: Final = Rule(
    "HW286",
    "the bus turns the caller away",
    """\
The bus answers, and says no: at authentication, at Hello, or at a call with "Rejected send message, N matched rules".
This is the policy of the bus, written in the board's /etc/dbus-1/system.d and /usr/share/dbus-1/system.d. It goes by
the numeric uid and by the groups which that uid has on the board: `group_add` and the image's files mean nothing to it.

Let the process run as uid 0, or allow its uid on the board, and then `systemctl reload dbus`:

    <busconfig>
      <policy user="1000">
        <allow send_destination="org.bluez"/>
      </policy>
    </busconfig>

"AppArmor policy" in the text is another cause: HW284. No answer at all within two seconds is reported here, too.
""",
    Layer.BUS,
)
NO_OWNER: Final = Rule(
    "HW287",
    "nobody on the bus has that name",
    """\
The bus works, and no service owns the name: it is not running on the board (or the name is misspelt). hwaccess does not
try to start it, for a check must not change the board; the evidence says whether the bus knows how to.

    busctl list; systemctl status bluetooth NetworkManager

If the bus is one inside of the container, the service may well run on the board: HW289.
""",
    Layer.BUS,
)
ELSEWHERE: Final = Rule(
    "HW288",
    "the bus is there, but not where the app looks for it",
    """\
A client looks at DBUS_SYSTEM_BUS_ADDRESS and without it at /var/run/dbus/system_bus_socket. The socket that works here
is somewhere else. The feature label `dbus` is the usual reason: it mounts the board's bus at /host/run/dbus and sets no
variable.

    environment:
      - "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/host/run/dbus/system_bus_socket"

With an init system in the container, set it for the app's command alone: systemd would take this bus for its own.
When the app's own script sets it, say so, and the check goes by that:

    x-hwaccess:
      reach:
        - dbus: ""
          address: "unix:path=/host/run/dbus/system_bus_socket"
""",
    Layer.USERLAND,
)
OWN_BUS: Final = Rule(
    "HW289",
    "the bus is the container's own, not the board's",
    """\
The process that listens is inside of this container's own process namespace, so this bus knows nothing of the board's
services. That is told by the credentials of the socket: a bus outside of the container shows as process 0.

Mount the board's bus somewhere else and point the app to it:

    volumes:
      - "/run/dbus:/host/run/dbus"
    environment:
      - "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/host/run/dbus/system_bus_socket"
""",
    Layer.USERLAND,
)
RULES: Final = (
    NOT_MOUNTED,
    NO_BUS,
    STALE_MOUNT,
    SOCKET_PERMISSION,
    SECURITY_MODULE,
    OTHER_USER,
    TURNED_AWAY,
    NO_OWNER,
    ELSEWHERE,
    OWN_BUS,
)

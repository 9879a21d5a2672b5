"""What of a kernel is decided when it is compiled, as it is where no model asks for more.

Kernel functions read these names; `netsim.fabric.kernel.builder` puts what the chosen models need
in their place, so what nobody needs takes no time and no memory.
"""

from __future__ import annotations

from typing import Final

TRACED: Final = False
"""Whether packet rows are recorded."""
EVERY_HOP: Final = False
"""Whether `choose` is asked at switches with a single port, too."""
READS_NO_PORTS: Final = False
"""Whether `choose` looks at no port, so that a switch may ask for many packets at once."""
ACKNOWLEDGED: Final = False
"""Whether receivers acknowledge data."""
OWN_PATHS: Final = False
"""Whether `choose` follows explicit paths, which stand behind the groups of equal ports."""
SEND_TIMES: Final = False
"""Whether packets carry when they were sent: some hook reads `sent_at`."""
ECHOES: Final = False
"""Whether replies carry what `echo` says: some hook reads `echo_at`."""
INGRESS_LINKS: Final = False
"""Whether packets carry by which link they came to a switch: some hook reads `ingress_at`."""
STAMPS: Final = False
"""Whether ports stamp the data that they send: some hook reads `stamp_at`."""
PACED: Final = False
"""Whether the transport says when a flow may send again (`next_time`)."""
SLOW: Final = False
"""Whether ports of switches act: packets wait in classes, and the end of a sending is an event."""
CLASSES: Final = 1
"""Classes that wait at a slow port."""
LEFT: Final = False
"""Whether some hook is told when a packet has been sent, also if nothing waits behind it."""

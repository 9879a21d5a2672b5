"""A packet network as a heap of every packet's every arrival: slow, plain, and written on its own.

The model: a packet of ``B`` wire bytes holds a port of rate ``R`` for ``ceil(8 B / R)``; ports are
FIFO; a packet is forwarded once it has been received whole. What happens at one instant happens in
this order: flows start, timers fire, flows go on that their pace held back, ports have sent what
they sent (if anybody is told: see `reference.queues`), packets arrive (node after node, and at a
node by flow, packet, data before acknowledgement, link), network cards send. The heap orders
exactly by that.

Nothing here knows how the fast simulator works; what both share is the numbers that policies draw,
`draw`, and the order in which links are listed.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field

MASK = 2**64 - 1
CHANGE, START, TIMER, PACE, DONE, ARRIVAL, NIC = range(-1, 6)


def mix(x):
    z = x * 0x9E3779B97F4A7C15 & MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def draw(key, entity, counter):
    return mix(mix(mix(key) ^ entity) + counter & MASK)


def below(bits, n):
    return (bits >> 32) * n >> 32


@dataclass
class Link:
    source: int
    target: int
    rate: int
    delay: int
    up: bool = True
    capacity: int | None = None
    """Bytes; None: no limit."""
    mark: tuple[int, int, float] | None = None
    """kmin, kmax in bytes, and the probability of a mark at kmax."""
    free_at: int = 0
    bytes: int = 0
    packets: int = 0
    drops: int = 0
    marks: int = 0
    wait_max: int = 0
    busy: int = 0


@dataclass
class Net:
    """Nodes 0 to hosts - 1 are hosts, then switches; `latency` is per switch."""

    hosts: int
    switches: int
    links: list[Link]
    latency: list[int]
    spine_paths: tuple[int, int, int] | None = None
    """(leaves, spines, bundle) where paths are numbered by parallel link, then spine."""


def leaf_spine(leaves, hosts, spines, *, rate=10**11, delay=10**6, bundle=1, slow=()):
    """Return a leaf-spine; `slow` holds (source node, target node, rate) of single links."""
    count = leaves * hosts
    links = [Link(i, count + i // hosts, rate, delay) for i in range(count)]
    links += [Link(count + i // hosts, i, rate, delay) for i in range(count)]
    pairs = [
        (count + a, count + leaves + s)
        for _ in range(bundle)
        for a in range(leaves)
        for s in range(spines)
    ]
    links += [Link(a, s, rate, delay) for a, s in pairs]
    links += [Link(s, a, rate, delay) for a, s in pairs]
    for source, target, other in slow:
        for link in links:
            if (link.source, link.target) == (source, target):
                link.rate = other
    shape = (leaves, spines, bundle)
    return Net(count, leaves + spines, links, [0] * (leaves + spines), shape)


class Routes:
    """Equal-cost next links by breadth-first search over working links, and explicit paths."""

    def __init__(self, net):
        self.net = net
        self.known = {}
        self.out = {}
        self.up = {}
        self.down = {}
        for number, link in enumerate(net.links):
            if link.source < net.hosts:
                self.up[link.source] = number
            elif link.target < net.hosts:
                self.down[link.target] = number
            elif link.up:
                self.out.setdefault(link.source, []).append(number)
        self.home = {host: net.links[number].target for host, number in self.up.items()}
        self.leaves = sorted(set(self.home.values()))
        self.away = {leaf: self._distances(leaf) for leaf in self.leaves}

    def _distances(self, leaf):
        into = {}
        for numbers in self.out.values():
            for number in numbers:
                link = self.net.links[number]
                into.setdefault(link.target, []).append(link.source)
        away, front = {leaf: 0}, [leaf]
        while front:
            nearer = [s for node in front for s in into.get(node, []) if s not in away]
            for node in nearer:
                away[node] = 1 + min(away[n] for n in self._next(node) if n in away)
            front = sorted(set(nearer))
        return away

    def _next(self, node):
        return [self.net.links[number].target for number in self.out.get(node, [])]

    def ports(self, switch, leaf):
        if (switch, leaf) not in self.known:
            away = self.away[leaf]
            self.known[switch, leaf] = [
                number
                for number in self.out.get(switch, [])
                if away.get(self.net.links[number].target, 10**9) + 1 == away.get(switch, -5)
            ]
        return self.known[switch, leaf]

    def paths(self, source, target):
        """Return the paths between two leaves as lists of links between switches."""
        if source == target:
            return [[]]
        if self.net.spine_paths is None:
            return self._walk(source, target)
        leaves, spines, bundle = self.net.spine_paths
        found = []
        for k in range(spines * bundle):
            spine = self.net.hosts + leaves + k % spines
            ways = []
            for a, b in ((source, spine), (spine, target)):
                joined = [
                    n for n, k_ in enumerate(self.net.links) if (k_.source, k_.target) == (a, b)
                ]
                ways.append(joined[k // spines])
            if all(self.net.links[number].up for number in ways):
                found.append(ways)
        return found

    def _walk(self, at, target):
        if at == target:
            return [[]]
        return [
            [number, *rest]
            for number in self.ports(at, target)
            for rest in self._walk(self.net.links[number].target, target)
        ]


@dataclass
class Packet:
    flow: int
    index: int
    ack: bool
    size: int
    src: int
    dst: int
    retry: int = 0
    marked: bool = False
    path: list[int] | None = None
    """Links still to take behind the first leaf, under source routing."""
    entropy: int = 0
    echo: int = 0
    """Of an acknowledgement, the entropy of its data packet."""
    info: object = None


@dataclass
class Flow:
    number: int
    src: int
    dst: int
    size: int
    start: int
    count: int = 0
    path: list[int] | None = None
    """Explicit links between switches."""
    highest: int = -1
    received: set[int] = field(default_factory=set)
    end_rx: int | None = None
    end_tx: int | None = None
    out_of_order: int = 0
    max_reorder: int = 0
    drops: int = 0
    resent: int = 0
    timeouts: int = 0
    failed: bool = False
    sender: object = None
    asked_at: int | None = None
    """When its pace lets it send again, if that alone holds it back."""


class Simulator:
    """One run. After `run`, read `flows`, `net.links` and `packet_hops`."""

    def __init__(
        self,
        net,
        flows,
        policy,
        transport,
        *,
        payload=4096,
        header=64,
        ack=64,
        fifo=None,
        mark_key=0,
        changes=(),
    ):
        """`changes` are (time, link, what, value): ``rate``, ``up``, or ``routes`` (no value)."""
        self.net = net
        self.routes = Routes(net)
        self.policy = policy
        self.transport = transport
        self.payload, self.header, self.ack_size = payload, header, ack
        self.fifo = transport.fifo if fifo is None else fifo
        self.mark_key = mark_key
        self.flows = [Flow(i, *row) for i, row in enumerate(flows)]
        self.heap = []
        self.ready = {host: [] for host in range(net.hosts)}
        self.nic_planned = {}
        self.packet_hops = 0
        self.stranded = 0
        self.changes = list(changes)
        for place, (time, *_) in enumerate(self.changes):
            heapq.heappush(self.heap, (time, CHANGE, place))
        self._made = 0
        for flow in self.flows:
            flow.count = max(1, -(-flow.size // payload))
            heapq.heappush(self.heap, (flow.start, START, flow.number))
        policy.attach(self)
        transport.attach(self)

    def run(self, until=None):
        while self.heap and (until is None or self.heap[0][0] < until):
            event = heapq.heappop(self.heap)
            now, kind = event[:2]
            if kind == CHANGE:
                self.change(*self.changes[event[2]][1:], now)
            elif kind == START:
                flow = self.flows[event[2]]
                self.transport.begin(flow, now)
                self.make_ready(flow, now)
            elif kind == TIMER:
                self.transport.expire(self.flows[event[2]], now)
            elif kind == PACE:
                self.go_on(self.flows[event[2]], now)
            elif kind == DONE:
                self.sent(event[2], now)
            elif kind == ARRIVAL:
                self.arrive(event[-1], event[2], now)
            else:
                self.nic(event[2], now)
        return self

    # A network that changes -----------------------------------------------------------------------

    def change(self, number, what, value, now):
        """Change a link, or let switches find their ways anew."""
        if what == "routes":
            self.routes = Routes(self.net)
            self.policy.__dict__.pop("known", None)
            return
        link = self.net.links[number]
        mine = sorted(e for e in self.heap if e[1] == ARRIVAL and e[6] == number)
        self.heap = [e for e in self.heap if not (e[1] == ARRIVAL and e[6] == number)]
        link.busy -= max(0, link.free_at - now)
        if what == "up":
            link.up = value
            if not value:
                for event in mine:
                    self.lose(link, event[-1])
                mine = []
                link.free_at = min(link.free_at, now)
        else:
            mine = self.timed_anew(link, mine, value, now)
        link.busy += max(0, link.free_at - now)
        self.heap += mine
        # A card that waits for its port looks again when that is free.
        if link.source < self.net.hosts and self.nic_planned.get(link.source) is not None:
            planned = (self.nic_planned[link.source], NIC, link.source)
            self.heap.remove(planned)
            time = self.nic_planned[link.source] = max(now, link.free_at)
            self.heap.append((time, NIC, link.source))
        heapq.heapify(self.heap)

    def timed_anew(self, link, events, rate, now):
        """Return the arrivals over `link` when it has another rate from now on.

        What has left its port arrives as before. Of the packet in service the unsent share takes
        its time at the new rate, then those behind it one after another.
        """
        switch = link.target - self.net.hosts
        travel = link.delay + (self.net.latency[switch] if switch >= 0 else 0)
        old = link.rate
        served = [self.service(link, event[-1].size) for event in events]
        link.rate = rate
        leaves, found = now, []
        for event, needed in zip(events, served, strict=True):
            left = event[0] - travel - now
            if left <= 0:
                found.append(event)
                continue
            if left < needed and leaves == now:
                leaves += -(-left * old // rate)
            else:
                leaves += self.service(link, event[-1].size)
            found.append((leaves + travel, *event[1:]))
            link.free_at = leaves
        return found

    def lose(self, link, packet):
        link.drops += 1
        if not packet.ack:
            self.flows[packet.flow].drops += 1

    # Network card: one packet per turn, round robin over ready flows, or by (start, flow) -------

    def may_go(self, flow, now):
        """Return whether a flow may send; if its pace alone forbids it, ask again in time."""
        flow.asked_at = None
        if not self.transport.sendable(flow):
            return False
        again = self.transport.next_time(flow, now)
        if again > now:
            flow.asked_at = again
            heapq.heappush(self.heap, (again, PACE, flow.number))
            return False
        return True

    def go_on(self, flow, now):
        """Ask a flow again, unless it has been asked in the meantime and is held for longer."""
        if flow.asked_at == now:
            self.make_ready(flow, now)

    def make_ready(self, flow, now):
        queue = self.ready[flow.src]
        if flow not in queue and self.may_go(flow, now):
            queue.append(flow)
            if self.fifo:
                queue.sort(key=lambda f: (f.start, f.number))
        if queue:
            self.wake(flow.src, now)

    def wake(self, host, now):
        time = max(now, self.net.links[self.routes.up[host]].free_at)
        if self.nic_planned.get(host) is None:
            self.nic_planned[host] = time
            heapq.heappush(self.heap, (time, NIC, host))

    def nic(self, host, now):
        self.nic_planned[host] = None
        self.send(host, now)

    def send(self, host, now):
        """Send one packet if the port is free, and plan the next."""
        queue = self.ready[host]
        link = self.routes.up[host]
        while queue and self.net.links[link].free_at <= now:
            flow = queue[0]
            if not self.may_go(flow, now):
                queue.pop(0)
                continue
            packet = self.transport.take(flow, now)
            self.policy.tag(flow, packet)
            self.enqueue(link, packet, now)
            if not self.may_go(flow, now):
                queue.remove(flow)
            elif not self.fifo:
                queue.append(queue.pop(0))
        if queue:
            self.wake(host, now)

    def resume(self, flow, now):
        """After an acknowledgement: an idle card sends at once, as part of the same event."""
        if flow in self.ready[flow.src] or not self.may_go(flow, now):
            return
        idle = self.nic_planned.get(flow.src) is None
        if idle and self.net.links[self.routes.up[flow.src]].free_at <= now:
            self.ready[flow.src].append(flow)
            self.send(flow.src, now)
        else:
            self.make_ready(flow, now)

    def answer(self, packet, now):
        """Acknowledge a data packet: index, retry and mark come back."""
        ack = Packet(packet.flow, packet.index, True, self.ack_size, packet.dst, packet.src)
        ack.retry, ack.marked, ack.echo = packet.retry, packet.marked, packet.entropy
        self.policy.tag(self.flows[packet.flow], ack)
        self.enqueue(self.routes.up[packet.dst], ack, now)

    def timer(self, flow, deadline, tick):
        rounded = -(-deadline // tick) * tick
        heapq.heappush(self.heap, (rounded, TIMER, flow.number))

    def data(self, flow, index, retry=0):
        size = min(self.payload, flow.size - index * self.payload) + self.header
        return Packet(flow.number, index, False, size, flow.src, flow.dst, retry)

    # Ports ---------------------------------------------------------------------------------------

    def service(self, link, size):
        return -(-size * 8 * 10**12 // link.rate)

    def span(self, link, size):
        """The time of `size` bytes in full packets and a rest."""
        full, rest = divmod(size, self.payload + self.header)
        return full * self.service(link, self.payload + self.header) + self.service(link, rest)

    def enqueue(self, number, packet, now):
        link = self.net.links[number]
        needed = self.service(link, packet.size)
        begin = max(now, link.free_at)
        wait = begin - now
        if not link.up:
            if link.source < self.net.hosts:
                link.free_at = begin + needed
            self.lose(link, packet)
            return
        if link.capacity is not None and wait + needed > self.span(link, link.capacity):
            self.lose(link, packet)
            return
        if link.mark is not None and self.marks(number, link, packet, wait):
            packet.marked = True
            link.marks += 1
        link.free_at = begin + needed
        link.bytes += packet.size
        link.busy += needed
        if not packet.ack:
            link.packets += 1
            link.wait_max = max(link.wait_max, wait)
            self.packet_hops += 1
        switch = link.target - self.net.hosts
        time = link.free_at + link.delay + (self.net.latency[switch] if switch >= 0 else 0)
        self.travel(number, packet, time)

    def travel(self, number, packet, time):
        """Let a packet arrive at the end of a link."""
        self._made += 1
        target = self.net.links[number].target
        key = (target, packet.flow, packet.index, packet.ack, number, self._made)
        heapq.heappush(self.heap, (time, ARRIVAL, *key, packet))

    def marks(self, number, link, packet, wait):
        kmin, kmax, pmax = link.mark
        low, high = (self.span(link, size) for size in (kmin, kmax))
        if packet.ack or wait <= low:
            return False
        if wait > high:
            return True
        entity = packet.flow << 20 | number
        chance = pmax * (wait - low) / (high - low)
        return (draw(self.mark_key, entity, counter(packet)) >> 11) * 2.0**-53 < chance

    # Nodes ---------------------------------------------------------------------------------------

    def arrive(self, packet, node, now):
        if node < self.net.hosts:
            self.transport.deliver(self.flows[packet.flow], packet, now)
            return
        if self.routes.home[packet.dst] == node:
            self.enqueue(self.routes.down[packet.dst], packet, now)
        elif not self.ports(packet, node):
            self.stranded += 1
            if not packet.ack:
                self.flows[packet.flow].drops += 1
        else:
            self.enqueue(self.policy.choose(packet, node), packet, now)

    def ports(self, packet, node):
        return self.routes.ports(node, self.routes.home[packet.dst])

    def count(self, flow, packet, now):
        """Note a data packet at its receiver; return whether it is new."""
        if packet.index in flow.received:
            return False
        if packet.index < flow.highest:
            flow.out_of_order += 1
            flow.max_reorder = max(flow.max_reorder, flow.highest - packet.index)
        flow.highest = max(flow.highest, packet.index)
        flow.received.add(packet.index)
        if len(flow.received) == flow.count:
            flow.end_rx = now
        return True


# Policies ----------------------------------------------------------------------------------------


class Policy:
    """Chooses among equal ports at each switch."""

    def attach(self, simulator):
        self.simulator = simulator

    def tag(self, flow, packet):
        """Give a packet, at its sender, what switches will look at."""

    def feedback(self, flow, packet, now):
        """Learn from an acknowledgement."""

    def setback(self, flow, now):
        """Learn from a timeout."""

    def choose(self, packet, node):
        raise LookupError(node)


class Single(Policy):
    """Each flow's own path, given with the flow as its links between switches."""

    def tag(self, flow, packet):
        way = flow.path
        if packet.ack:
            way = [self.back(number) for number in reversed(flow.path)]
        packet.path = list(way)

    def back(self, number):
        """Return the other direction of a link: the one at the same place of its bundle."""
        links = self.simulator.net.links
        ends = links[number].source, links[number].target
        same = [n for n, link in enumerate(links) if (link.source, link.target) == ends]
        reverse = [n for n, link in enumerate(links) if (link.target, link.source) == ends]
        return reverse[same.index(number)]

    def choose(self, packet, node):
        return packet.path.pop(0)


class Stripe(Policy):
    """Path number (packet + flow) modulo the number of paths."""

    def tag(self, flow, packet):
        home = self.simulator.routes.home
        ends = home[packet.src], home[packet.dst]
        known = self.__dict__.setdefault("known", {})
        if ends not in known:
            known[ends] = self.simulator.routes.paths(*ends)
        paths = known[ends]
        packet.path = list(paths[(packet.index + flow.number) % len(paths)])

    def choose(self, packet, node):
        return packet.path.pop(0)


class Ecmp(Policy):
    """A hash of flow and switch; data and acknowledgements apart."""

    def __init__(self, key):
        self.key = key

    def choose(self, packet, node):
        ports = self.simulator.ports(packet, node)
        entity = (node - self.simulator.net.hosts) << 28 | packet.flow
        return ports[below(draw(self.key, entity, int(packet.ack)), len(ports))]


def counter(packet):
    return packet.ack << 40 | packet.index << 6 | packet.retry


class RandomSpray(Policy):
    """A draw per packet and switch."""

    def __init__(self, key):
        self.key = key

    def choose(self, packet, node):
        ports = self.simulator.ports(packet, node)
        entity = (node - self.simulator.net.hosts) << 28 | packet.flow
        return ports[below(draw(self.key, entity, counter(packet)), len(ports))]


class RoundRobin(Policy):
    """Data packets in turn, acknowledgements hashed; turn i goes to port (a i + b) mod n.

    The step a (coprime with n) and the shift b are drawn anew every `rounds` rounds.
    """

    def __init__(self, key, rounds=1):
        self.key, self.rounds = key, rounds
        self.turns = {}

    def choose(self, packet, node):
        routes, net = self.simulator.routes, self.simulator.net
        ports = self.simulator.ports(packet, node)
        n = len(ports)
        switch = node - net.hosts
        if n == 1:
            return ports[0]
        if packet.ack:
            return ports[below(draw(self.key, switch << 28 | packet.flow, 1), n)]
        row = switch * len(routes.leaves) + routes.leaves.index(routes.home[packet.dst])
        turn = self.turns.get(row, 0)
        self.turns[row] = turn + 1
        epoch, entity = turn // (n * self.rounds), 1 << 62 | row
        bits = draw(self.key, entity, 2 * epoch)
        while math.gcd(1 + below(bits, n), n) != 1:
            bits = mix(bits)
        step = 1 + below(bits, n)
        shift = below(draw(self.key, entity, 2 * epoch + 1), n)
        return ports[(step * (turn % n) + shift) % n]


class Oblivious(Policy):
    """Each host walks a set of entropies in XOR-shuffled order; switches hash flow and entropy."""

    def __init__(self, key, entropies=64):
        self.key, self.entropies = key, entropies

    def tag(self, flow, packet):
        entity = 1 << 60 | flow.number
        side = int(packet.ack)
        if packet.retry:
            place = below(draw(self.key, entity, counter(packet)), self.entropies)
        else:
            walk, place = divmod(packet.index, self.entropies)
            place ^= below(draw(self.key, entity, 1 << 62 | walk << 1 | side), self.entropies)
        upper = below(draw(self.key, entity, 1 << 61 | side), (1 << 30) // self.entropies)
        packet.entropy = upper * self.entropies + place

    def choose(self, packet, node):
        ports = self.simulator.ports(packet, node)
        entity = 1 << 61 | node - self.simulator.net.hosts
        bits = draw(self.key, entity, packet.flow << 32 | packet.entropy)
        return ports[below(bits, len(ports))]


class Recycled(Oblivious):
    """Each sender uses entropies again whose packets came through unmarked (a ring of eight)."""

    def __init__(self, key, entropies=65536, freeze=0, window=None):
        super().__init__(key, entropies)
        self.freeze, self.window, self.rings = freeze, window, {}

    def ring(self, flow):
        fresh = {"kept": [None] * 8, "next": 0, "unused": 0, "explore": 0, "thaw": 0}
        return self.rings.setdefault(flow.number, fresh)

    def tag(self, flow, packet):
        ring = self.ring(flow)
        known = [entropy for entropy in ring["kept"] if entropy is not None]
        if not packet.ack and ring["explore"]:
            ring["explore"] -= 1
        elif not packet.ack and ring["unused"]:
            packet.entropy = ring["kept"][(ring["next"] - ring["unused"]) % 8]
            ring["unused"] -= 1
            return
        elif not packet.ack and ring["thaw"] and known:
            place = ring["next"] % len(known)
            packet.entropy, ring["next"] = known[place], (place + 1) % 8
            return
        packet.entropy = below(
            draw(self.key, 3 << 59 | flow.number, counter(packet)), self.entropies
        )

    def feedback(self, flow, packet, now):
        if packet.marked:
            return
        ring = self.ring(flow)
        ring["kept"][ring["next"]] = packet.echo
        ring["next"] = (ring["next"] + 1) % 8
        ring["unused"] = min(ring["unused"] + 1, 8)
        if ring["thaw"] and now > ring["thaw"]:
            ring["thaw"], ring["explore"] = 0, self.window(flow)

    def setback(self, flow, now):
        ring = self.ring(flow)
        if self.freeze and not ring["thaw"] and not ring["explore"]:
            ring["thaw"] = now + self.freeze


# Transports --------------------------------------------------------------------------------------


class OpenLoop:
    """Everything at once, no window and no acknowledgement."""

    fifo = True

    def attach(self, simulator):
        self.simulator = simulator

    def next_time(self, flow, now):
        return now

    def begin(self, flow, now):
        flow.sender = 0

    def sendable(self, flow):
        return flow.sender is not None and flow.sender < flow.count

    def take(self, flow, now):
        flow.sender += 1
        return self.simulator.data(flow, flow.sender - 1)

    def deliver(self, flow, packet, now):
        self.simulator.count(flow, packet, now)


def flow_scale(net, src, dst, spread, *, payload=4096, header=64, ack=64):
    """Return base round trip (ps) and rate (bit/s) of a flow, all its equal paths looked at.

    `spread` tells whether it uses all of them, or one by hash. All of them together let through
    what the largest flow of Ford and Fulkerson does.
    """
    routes = Routes(net)
    ends = routes.home[src], routes.home[dst]
    there, back = routes._walk(*ends), routes._walk(*reversed(ends))

    def slowest(first, ways, last, size):
        return max(sum(hop(net, n, size) for n in (first, *way, last)) for way in ways)

    trip = slowest(routes.up[src], there, routes.down[dst], payload + header)
    trip += slowest(routes.up[dst], back, routes.down[src], ack)
    rate = min(net.links[routes.up[src]].rate, net.links[routes.down[dst]].rate)
    if ends[0] == ends[1]:
        return trip, rate
    if spread:
        return trip, min(rate, largest_flow(net, there, *ends))
    return trip, min(rate, max(min(net.links[n].rate for n in way) for way in there))


def largest_flow(net, ways, source, target):
    """Return what links of `ways` carry together, by augmenting paths (Ford & Fulkerson 1956)."""
    left = {}
    for number in {number for way in ways for number in way}:
        link = net.links[number]
        left[link.source, link.target] = left.get((link.source, link.target), 0) + link.rate
        left.setdefault((link.target, link.source), 0)
    total = 0
    while True:
        came, front = {source: None}, [source]
        while front and target not in came:
            at = front.pop(0)
            for (a, b), room in left.items():
                if a == at and room > 0 and b not in came:
                    came[b] = at
                    front.append(b)
        if target not in came:
            return total
        steps, at = [], target
        while came[at] is not None:
            steps.append((came[at], at))
            at = came[at]
        room = min(left[step] for step in steps)
        for a, b in steps:
            left[a, b] -= room
            left[b, a] += room
        total += room


def drain_time(net, src, dst, capacity):
    """Return the longest time in which a port on the way sends a queue of `capacity` bytes."""
    routes = Routes(net)
    ways = routes._walk(routes.home[src], routes.home[dst])
    ports = {routes.down[dst], *(number for way in ways for number in way)}
    return max(capacity * 8 * 10**12 // net.links[number].rate for number in ports)


def hop(net, number, size):
    link = net.links[number]
    switch = link.target - net.hosts
    latency = net.latency[switch] if switch >= 0 else 0
    return -(-size * 8 * 10**12 // link.rate) + link.delay + latency


@dataclass
class Sender:
    most: float
    """Largest window in packets."""
    rto: int
    reach: int
    sent: int = 0
    acked: set[int] = field(default_factory=set)
    low: int = 0
    """All packets below it are acknowledged."""
    out: set[int] = field(default_factory=set)
    """Sent, neither acknowledged nor taken for lost."""
    lost: set[int] = field(default_factory=set)
    """Taken for lost and not sent again yet."""
    covered: int = 0
    """Packets below it were sent before the last progress."""
    progress: int = 0
    armed: bool = False
    in_a_row: int = 0
    # What DCTCP adds, in packets.
    window: float = 0
    threshold: float = 0
    alpha: float = 1
    observed_to: int = 0
    held_to: int = 0
    counted: int = 0
    marked: int = 0
    highest: int = 0
    judged: int = 0


class FixedWindow:
    """A constant number of packets in flight; each is acknowledged; lost ones after a timeout.

    ``numbers(src, dst)`` gives the window, the timeout, and how many packets may be out beyond the
    oldest one, of a flow between two hosts.

    The timer runs from the last progress (the oldest unacknowledged packet changed, or a lost one
    was sent again) and is rounded up to ticks. When it fires, what was sent before the last
    progress and is not acknowledged is taken for lost; it is sent again in order, before new
    packets. Each timeout in a row doubles the timeout, at most `doublings` times.
    """

    fifo = False

    def __init__(self, numbers, *, retries=32, doublings=2):
        self.numbers, self.retries, self.doublings = numbers, retries, doublings

    def attach(self, simulator):
        self.simulator = simulator

    def begin(self, flow, now):
        flow.sender = Sender(*self.numbers(flow.src, flow.dst))

    def next_time(self, flow, now):
        return now

    def open(self, flow):
        return len(flow.sender.out) < flow.sender.most

    def sendable(self, flow):
        sender = flow.sender
        if sender is None or flow.failed or flow.end_tx is not None or not self.open(flow):
            return False
        new = sender.sent < flow.count and sender.sent - sender.low < sender.reach
        return bool(sender.lost) or new

    def timeout(self, flow):
        return flow.sender.rto << min(flow.sender.in_a_row, self.doublings)

    def take(self, flow, now):
        sender = flow.sender
        if not sender.out and not sender.lost:
            sender.progress = now
        if not sender.armed:
            self.arm(flow, now + self.timeout(flow))
        if sender.lost:
            index = min(sender.lost)
            sender.lost.remove(index)
            sender.progress = now
            retry = 1 + flow.resent % 63
            flow.resent += 1
        else:
            index, retry = sender.sent, 0
            sender.sent += 1
        sender.out.add(index)
        return self.simulator.data(flow, index, retry)

    def arm(self, flow, deadline):
        flow.sender.armed = True
        self.simulator.timer(flow, deadline, max(flow.sender.rto // 32, 100_000))

    def deliver(self, flow, packet, now):
        if flow.failed or (packet.ack and flow.end_tx is not None):
            return
        if not packet.ack:
            self.simulator.count(flow, packet, now)
            self.simulator.answer(packet, now)
            return
        self.simulator.policy.feedback(flow, packet, now)
        self.acknowledged(flow, packet, now)
        if len(flow.sender.acked) == flow.count:
            flow.end_tx = now
        else:
            self.simulator.resume(flow, now)

    def acknowledged(self, flow, packet, now):
        """Take note; return whether the packet was not acknowledged before."""
        sender = flow.sender
        if packet.index in sender.acked:
            return False
        sender.acked.add(packet.index)
        sender.out.discard(packet.index)
        sender.lost.discard(packet.index)
        if packet.index == sender.low:
            while sender.low in sender.acked:
                sender.low += 1
            sender.progress = now
            sender.covered = sender.sent
            sender.in_a_row = 0
        return True

    def expire(self, flow, now):
        sender = flow.sender
        sender.armed = False
        if flow.failed or flow.end_tx is not None or not (sender.out or sender.lost):
            return
        due = sender.progress + self.timeout(flow)
        if due <= now:
            if sender.in_a_row >= self.retries:
                flow.failed = True
                return
            self.time_out(flow, now)
            self.simulator.policy.setback(flow, now)
            due = now + self.timeout(flow)
        self.arm(flow, due)
        self.simulator.make_ready(flow, now)

    def time_out(self, flow, now):
        sender = flow.sender
        flow.timeouts += 1
        sender.in_a_row += 1
        covered = sender.covered if sender.covered > sender.low else sender.sent
        missing = {index for index in range(sender.sent) if index not in sender.acked}
        sender.lost = {index for index in missing if index < covered}
        sender.out = missing - sender.lost
        sender.covered = sender.sent
        sender.progress = now


class Dctcp(FixedWindow):
    """RFC 8257 in packets: alpha from the share of marks per window, one reduction per window."""

    def __init__(self, numbers, *, start=10, gain=1 / 16, dup=3, retries=16):
        super().__init__(numbers, retries=retries, doublings=6)
        self.first, self.gain, self.dup = start, gain, dup

    def begin(self, flow, now):
        super().begin(flow, now)
        sender = flow.sender
        sender.window, sender.threshold, sender.alpha = float(self.first), sender.most, 1.0

    def open(self, flow):
        return len(flow.sender.out) + 1 <= flow.sender.window

    def acknowledged(self, flow, packet, now):
        if not super().acknowledged(flow, packet, now):
            return
        sender = flow.sender
        sender.counted += 1
        sender.marked += packet.marked
        held = sender.low < sender.held_to
        news = self.judge(sender, packet.index)
        if not held:
            if news:
                self.reduce(sender, 0.5)
            elif packet.marked:
                self.reduce(sender, 1.0 - sender.alpha / 2.0)
            else:
                step = 1.0 if sender.window < sender.threshold else 1.0 / sender.window
                sender.window = min(sender.window + step, sender.most)
        if sender.low > sender.observed_to:
            share = sender.marked / sender.counted
            sender.alpha = (1.0 - self.gain) * sender.alpha + self.gain * share
            sender.marked = sender.counted = 0
            sender.observed_to = sender.sent

    def judge(self, sender, index):
        """Take for lost what is `dup` below the highest acknowledged packet; return if any is."""
        sender.highest = max(sender.highest, index + 1)
        limit = sender.highest - self.dup
        first = max(sender.judged, sender.low)
        if not self.dup or limit <= first:
            return False
        missing = {i for i in range(first, limit) if i not in sender.acked}
        sender.judged = limit
        sender.lost |= missing
        sender.out -= missing
        return bool(missing)

    def reduce(self, sender, factor):
        sender.window = sender.threshold = max(1.0, sender.window * factor)
        sender.held_to = sender.sent

    def time_out(self, flow, now):
        sender = flow.sender
        sender.threshold = max(len(sender.out) / 2.0, 2.0)
        sender.window = 1.0
        before = sender.covered if sender.covered > sender.low else sender.sent
        super().time_out(flow, now)
        sender.judged = before
        sender.held_to = 0

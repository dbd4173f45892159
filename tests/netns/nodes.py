"""Nodes in network namespaces, one each, and clients in others."""
import re

from network import Network
from node import Cluster

PORTS = (3000, 3008, 3002)  # of clients, of the administrator, between nodes: the same everywhere


class NetworkCluster(Cluster):
    """A cluster whose nodes can be cut off from each other. Every node knows the first two as seeds.

    cores: of the machine, for the nodes."""

    def __init__(self, program, cores=None):
        super().__init__(program)
        self._cores = cores

    def __enter__(self):
        self.network = Network().__enter__()
        self._clients = 0
        return super().__enter__()

    def __exit__(self, *failure):
        try:
            super().__exit__(*failure)
        finally:
            self.network.__exit__()

    def grow(self, count=1, start=True, **more):
        """More nodes, each in a rack of its own. @return  them; they run, but need not have met."""
        places = [self.network.add(f"n{len(self.nodes) + i + 1}", self._cores) for i in range(count)]
        firsts = [node.place for node in self.nodes[:2]] or places[:2]
        seeds = [f"{place.address}:{PORTS[2]}" for place in firsts]
        added = [self.add(PORTS, seeds, rack=len(self.nodes) + 1, place=place, **more) for place in places]
        for node in added:
            if start:
                node.start()
        return added

    def formed(self, count, **more):
        """So many nodes in one view."""
        nodes = self.grow(count, **more)
        self.agree(nodes)
        return nodes

    def client(self, cores=None):
        """A place for a client, which reaches all nodes."""
        self._clients += 1
        return self.network.add(f"c{self._clients}", cores)

    def cut_between(self, some, others):
        self.network.cut_between([node.place for node in some], [node.place for node in others])

    def mend_between(self, some, others):
        self.network.mend_between([node.place for node in some], [node.place for node in others])

    def isolate(self, node):
        self.network.isolate(node.place)


def views(node):
    """The views that a node has been in, oldest first, each a tuple of names; its ended processes are counted too."""
    return [tuple(names.split(",")) for names in re.findall(r" clustering: view members=(\S+) count=", node.log())]

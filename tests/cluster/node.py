"""Real cairnd processes that know each other by seeds, on loopback ports or each where it is told to be."""
import contextlib
import http.client
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEP_S = 0.02
READY_S = 30
STOP_S = 10


class Failed(Exception):
    pass


def until(what, holds, limit_s):
    """Waits until `holds()` is true. @return  how long it took, in seconds."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > limit_s:
            raise Failed(f"not within {limit_s} s: {what}")
        time.sleep(STEP_S)
    return time.monotonic() - began


class Loopback:
    """Where a node is: on this machine's loopback address."""
    address = "127.0.0.1"

    def command(self, argv):
        """What runs these arguments there."""
        return argv

    def inside(self):
        """Sockets that are made in this block are made there."""
        return contextlib.nullcontext()


class Node:
    """One node: its folder lives as long as this, its process is started, stopped and killed.

    place: where it runs, something like Loopback. copies: replication-factor. storage: its storage-engine. namespaces: YAML
    text instead, the items of the list, not indented."""

    def __init__(self, program, folder, number, ports, seeds, rack=0, cluster="test", node_id=None, place=Loopback(),
                 copies=2, storage="type: memory, data-size: 64M", rack_file=None, namespaces=None):
        self.place = place
        self.program, self.folder = program, pathlib.Path(folder) / f"node{number}"
        self.name = node_id or f"A{number}"
        self.port, self.admin_port, self.heartbeat_port = ports
        self.folder.mkdir()
        self.log_path = self.folder / "log"
        if namespaces is None:
            namespaces = f"- {{name: test, replication-factor: {copies}, rack-id: {rack}, storage-engine: {{{storage}}}}}"
        namespaces = "".join(f"  {line}\n" for line in namespaces.splitlines())
        (self.folder / "cairnd.yaml").write_text(f"""service:
  cluster-name: {cluster}
  node-id: {self.name}
  work-directory: {self.folder}
  service-threads: 1
network:
  service: {{addresses: [{place.address}], port: {self.port}}}
  admin: {{address: {place.address}, port: {self.admin_port}}}
  heartbeat:
    addresses: [{place.address}]
    port: {self.heartbeat_port}
    mesh-seed-address-ports: {seeds}
{f"  rack-id-file: {rack_file}" if rack_file else ""}
namespaces:
{namespaces}""")
        self.process = None

    def start(self, ready=True):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
        with open(self.log_path, "ab") as log:
            command = self.place.command([str(self.program), "--config", str(self.folder / "cairnd.yaml")])
            self.process = subprocess.Popen(command, env=clean, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        if ready:
            until(f"{self.name} is ready", self._is_ready, READY_S)

    def _is_ready(self):
        if self.process.poll() is not None:
            raise Failed(f"{self.name} ended with status {self.process.returncode}\n{self.log()}")
        try:
            connection = http.client.HTTPConnection(self.place.address, self.admin_port, timeout=2)
            with self.place.inside():
                connection.connect()
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def pause(self):
        """The process stands still, and its connections with it."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def wipe(self):
        """Forgets all that the ended process has stored, but its configuration and its log."""
        for path in self.folder.iterdir():
            if path.name in ("cairnd.yaml", "log"):
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"{self.name} does not end") from None
        if status != 0:
            raise Failed(f"{self.name} ended with status {status}\n{self.log()}")

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def info(self, name):
        """The answer to one info command."""
        body = name.encode() + b"\n"
        with self.place.inside():
            peer = socket.create_connection((self.place.address, self.port), timeout=5)
        with peer:
            peer.sendall(bytes([2, 1]) + len(body).to_bytes(6, "big") + body)
            reader = peer.makefile("rb")
            size = int.from_bytes(reader.read(8)[2:], "big")
            return reader.read(size).decode().rstrip("\n").split("\t", 1)[1]

    def statistics(self):
        return dict(pair.split("=", 1) for pair in self.info("statistics").split(";"))

    def metrics(self):
        """The page of the admin port."""
        connection = http.client.HTTPConnection(self.place.address, self.admin_port, timeout=5)
        with self.place.inside():
            connection.connect()
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()

    def namespace_statistics(self):
        return dict(pair.split("=", 1) for pair in self.info("namespace/test").split(";"))


class Cluster:
    """Nodes with a folder of their own; what still runs at the end is ended."""

    def __init__(self, program):
        self.program, self.nodes = pathlib.Path(program).resolve(), []

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="cairn-cluster-")
        self.folder = pathlib.Path(self._folder.name)
        return self

    def __exit__(self, kind, value, traceback):
        for node in self.nodes:
            if node.alive:
                node.kill()
        if kind is not None:
            for node in self.nodes:
                print(f"--- {node.name}\n" + "\n".join(node.log().splitlines()[-40:]))
        self._folder.cleanup()

    def ports(self, count):
        sockets = [socket.socket() for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        numbers = [one.getsockname()[1] for one in sockets]
        for one in sockets:
            one.close()
        return numbers

    def add(self, ports, seeds, **more):
        node = Node(self.program, self._folder.name, len(self.nodes) + 1, ports, seeds, **more)
        self.nodes.append(node)
        return node

    def three(self, host="127.0.0.1", **more):
        """Three nodes in three racks; each knows the first by `host`."""
        ports = self.ports(9)
        seeds = f"['{host}:{ports[2]}']"
        for i in range(3):
            self.add(ports[3 * i:3 * i + 3], seeds, rack=i + 1, **more)
        for node in self.nodes:
            node.start()
        return list(self.nodes)

    def agree(self, nodes, limit_s=60, moving=False):
        """Waits until these nodes have one view of exactly them, and nothing is left to move. @return  how long it took.
        @param moving  what is to move may still do so."""
        command = f"cluster-stable:size={len(nodes)};ignore-migrations={str(moving).lower()}"

        def one_view():
            keys = {node.info(command) for node in nodes}
            return len(keys) == 1 and not keys.pop().startswith("ERROR")
        return until(f"one view of {[node.name for node in nodes]}", one_view, limit_s)

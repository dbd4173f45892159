"""A cairnd whose folder outlives it: started, killed and started again on the same files."""
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "vectors"))
import server  # noqa: E402
from run_tests import Failed, Skipped  # noqa: E402, F401

READY_S = 60
STOP_S = 20


class Node:
    """Inside `with`; not running until start()."""

    def __init__(self, program, storage, node_id="A1", ns="test", parent=None):
        """storage: lines of the section storage-engine; {dir} in them is the node's folder, which is made in `parent`."""
        self.program, self.storage, self.node_id, self.ns = program, storage, node_id, ns
        self.parent = parent
        self.environment = {}  # variables for the server besides our own
        self.process = None

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="cairn-storage-", dir=self.parent)
        self.folder = pathlib.Path(self._folder.name)
        self.port, self.admin_port = server.free_ports(2)
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._folder.cleanup()

    def spawn(self):
        storage = "".join(f"    {line}\n" for line in self.storage.format(dir=self.folder).splitlines())
        namespaces = f"- name: {self.ns}\n  nsup-period: 1\n  storage-engine:\n{storage}"
        self.process = server.spawn(self.program, self.folder, (self.port, self.admin_port), namespaces,
                                    f"  node-id: {self.node_id}\n", self.environment)

    def start(self):
        self.spawn()
        deadline = time.monotonic() + READY_S
        while not server.is_ready(self.admin_port):
            if self.process.poll() is not None:
                raise Failed(f"the server ended at its start with status {self.process.returncode}\n{self.log_end()}")
            if time.monotonic() > deadline:
                raise Failed(f"the server was not ready within {READY_S} s\n{self.log_end()}")
            time.sleep(0.02)

    def page(self, path):
        """(status, text) of a page of the admin port."""
        return server.get_page(self.admin_port, path)

    def refused(self):
        """Starts a server that must refuse to serve; what it said."""
        self.spawn()
        try:
            status = self.process.wait(READY_S)
        except subprocess.TimeoutExpired:
            raise Failed(f"the server started\n{self.log_end()}") from None
        if status == 0:
            raise Failed("the server ended with status 0")
        return self.log_end()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(STOP_S)
        if status != 0:
            raise Failed(f"the server ended with status {status}\n{self.log_end()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log_end(self):
        return (self.folder / "log").read_text(errors="replace")[-3000:]

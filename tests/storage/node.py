"""A cairnd whose folder outlives it: started, killed and started again on the same files."""
import http.client
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "vectors"))
from run_tests import Failed, Skipped  # noqa: E402, F401
from server import free_ports  # noqa: E402

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
        self.port, self.admin_port = free_ports(2)
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._folder.cleanup()

    def _write_config(self):
        lines = "".join(f"      {line}\n" for line in self.storage.format(dir=self.folder).splitlines())
        (self.folder / "cairnd.yaml").write_text(f"""service:
  work-directory: {self.folder}
  node-id: {self.node_id}
network:
  service:
    addresses: [127.0.0.1]
    port: {self.port}
  admin:
    address: 127.0.0.1
    port: {self.admin_port}
namespaces:
  - name: {self.ns}
    nsup-period: 1
    storage-engine:
{lines}""")

    def spawn(self):
        self._write_config()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
        environment |= self.environment
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([self.program, "--config", str(self.folder / "cairnd.yaml")],
                                            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)

    def start(self):
        self.spawn()
        deadline = time.monotonic() + READY_S
        while not self._ready():
            if self.process.poll() is not None:
                raise Failed(f"the server ended at its start with status {self.process.returncode}\n{self.log_end()}")
            if time.monotonic() > deadline:
                raise Failed(f"the server was not ready within {READY_S} s\n{self.log_end()}")
            time.sleep(0.02)

    def _ready(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=2)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def page(self, path):
        """(status, text) of a page of the admin port."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

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

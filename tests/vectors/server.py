"""A real cairnd for a test: free loopback ports, its own folder, ready when the `with` block begins."""
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time

READY_S = 30
STOP_S = 10


class ServerFailed(Exception):
    """The server did not start, or ended badly. The text holds the end of its log."""


def free_ports(count):
    """Loopback ports that nobody listens on now. They are taken together, so they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Server:
    def __init__(self, program, namespaces, service=""):
        """program: path of cairnd. namespaces: YAML text, the items of the list, not indented. service: lines of the
        section `service`, indented by two."""
        self.program, self._namespaces, self._service = program, namespaces, service
        self.port = self.admin_port = None

    def __enter__(self):
        self.port, self.admin_port = free_ports(2)
        self._folder = tempfile.TemporaryDirectory(prefix="cairn-test-")
        folder = pathlib.Path(self._folder.name)
        config = folder / "cairnd.yaml"
        config.write_text(f"""service:
  work-directory: {folder}
{self._service}network:
  service:
    addresses: [127.0.0.1]
    port: {self.port}
  admin:
    address: 127.0.0.1
    port: {self.admin_port}
namespaces:
""" + "".join(f"  {line}\n" for line in self._namespaces.splitlines()))
        self._log_path = folder / "log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
        with open(self._log_path, "wb") as log:
            self._process = subprocess.Popen([self.program, "--config", str(config)], cwd=folder, env=environment,
                                             stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + READY_S
        while not self._is_ready():
            if self._process.poll() is not None:
                status = self._process.returncode
                self._clean_up()
                raise ServerFailed(f"{self.program} ended at its start with status {status}\n{self.last_log}")
            if time.monotonic() > deadline:
                self._process.kill()
                self._process.wait()
                self._clean_up()
                raise ServerFailed(f"{self.program} was not ready within {READY_S} s\n{self.last_log}")
            time.sleep(0.05)
        return self

    def __exit__(self, kind, value, traceback):
        """Stops the server; raises ServerFailed when it had ended already, or does not end cleanly."""
        ended_before = self._process.poll() is not None
        if not ended_before:
            self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            status = f"SIGKILL, because SIGTERM did not end it within {STOP_S} s"
        self._clean_up()
        if ended_before or status != 0:
            raise ServerFailed(f"{self.program} ended {'by itself ' if ended_before else ''}with status {status}\n"
                               + self.last_log) from value

    @property
    def pid(self):
        return self._process.pid

    @property
    def alive(self):
        return self._process.poll() is None

    def _is_ready(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=2)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def _clean_up(self):
        lines = self._log_path.read_text(errors="replace").splitlines()
        self.last_log = "\n".join("    " + line for line in lines[-60:])
        self._folder.cleanup()

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


def spawn(program, folder, ports, namespaces, service="", environment=None):
    """Starts a cairnd. folder: its own; it gets cairnd.yaml there, and appends to its log. ports: of clients and of the
    administrator. namespaces: YAML text, the items of the list, not indented. service: lines of the section `service`,
    indented by two. environment: variables besides ours."""
    config = folder / "cairnd.yaml"
    config.write_text(f"""service:
  work-directory: {folder}
{service}network:
  service:
    addresses: [127.0.0.1]
    port: {ports[0]}
  admin:
    address: 127.0.0.1
    port: {ports[1]}
namespaces:
""" + "".join(f"  {line}\n" for line in namespaces.splitlines()))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN_")}
    with open(folder / "log", "ab") as log:
        return subprocess.Popen([program, "--config", str(config)], cwd=folder, env=clean | (environment or {}),
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def get_page(admin_port, path, timeout_s=5):
    """(status, text) of a page of the admin port."""
    connection = http.client.HTTPConnection("127.0.0.1", admin_port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def is_ready(admin_port):
    try:
        return get_page(admin_port, "/readyz", timeout_s=2)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


class Server:
    def __init__(self, program, namespaces, service=""):
        """program: path of cairnd. namespaces, service: as for spawn()."""
        self.program, self._namespaces, self._service = program, namespaces, service
        self.port = self.admin_port = None

    def __enter__(self):
        self.port, self.admin_port = free_ports(2)
        self._folder = tempfile.TemporaryDirectory(prefix="cairn-test-")
        folder = pathlib.Path(self._folder.name)
        self._log_path = folder / "log"
        self._process = spawn(self.program, folder, (self.port, self.admin_port), self._namespaces, self._service)
        deadline = time.monotonic() + READY_S
        while not is_ready(self.admin_port):
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

    def _clean_up(self):
        lines = self._log_path.read_text(errors="replace").splitlines()
        self.last_log = "\n".join("    " + line for line in lines[-60:])
        self._folder.cleanup()

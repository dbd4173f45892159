"""Servers under measurement: start them on chosen cores, load them, read what the kernel counted. Used by run-speed and
run-memory. Everything binds loopback and ends with the script."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("CAIRN_BUILD", ROOT / "build" / "release"))
CAIRND = os.environ.get("CAIRND", str(BUILD / "bin" / "cairnd"))
CAIRN_BENCH = os.environ.get("CAIRN_BENCH", str(BUILD / "bin" / "cairn-bench"))
BENCH_ECHO = os.environ.get("BENCH_ECHO", str(BUILD / "bin" / "bench-echo"))
MALLOC_COUNT = os.environ.get("MALLOC_COUNT", str(BUILD / "bench" / "malloc_count" / "libmalloc_count.so"))

SERVER_CORE = "0"
LOAD_CORE = "1"

CONFIG = """\
service: {{cluster-name: bench, work-directory: {directory}, service-threads: {workers}}}
network:
  service: {{addresses: [127.0.0.1], port: {port}}}
  admin: {{address: 127.0.0.1, port: {admin}}}
namespaces:
  - name: test
    storage-engine: {{{storage}}}
"""


def stop_with(reason):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {reason}")


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            stop_with(f"'{program}' is missing: build the release preset first, or install its Debian package")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Usage:
    """CPU seconds, context switches and resident bytes of a process, all threads together."""

    def __init__(self, pid):
        self.cpu_s = 0.0
        self.voluntary = self.involuntary = 0
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            self.cpu_s += int((thread / "schedstat").read_text().split()[0]) / 1e9
            status = (thread / "status").read_text()
            self.voluntary += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])
            self.involuntary += int(re.search(r"^nonvoluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])
        self.resident = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def whole_cpu_s(pid):
    """CPU seconds of a process with the threads that have ended, which Usage leaves out; to a hundredth."""
    after_name = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    """A process that listens on a port of 127.0.0.1; a context manager that ends it."""

    def __init__(self, argv, port, cores, environment=None):
        self.port = port
        self.directory = tempfile.TemporaryDirectory(prefix="cairn-bench-")
        self.log = open(pathlib.Path(self.directory.name) / "log", "w+")
        pinned = ["taskset", "-c", cores] if cores else []
        self.process = subprocess.Popen(pinned + argv, stdout=self.log, stderr=subprocess.STDOUT, cwd=self.directory.name,
                                        env={**os.environ, **(environment or {})})
        self.pid = self.process.pid  # taskset replaces itself by the program
        self._await()

    def _await(self):
        for _ in range(600):
            if self.process.poll() is not None:
                self.log.seek(0)
                stop_with(f"{self.process.args} ended at once:\n{self.log.read()[-2000:]}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        stop_with(f"{self.process.args} does not listen on port {self.port}")

    def usage(self):
        return Usage(self.pid)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.directory.cleanup()


class Cairnd(Server):
    """A node with one namespace, in memory. `storage`: what its storage-engine has instead, as YAML; {directory} in it
    is the node's own folder, inside `directory`."""

    def __init__(self, cores=SERVER_CORE, workers=1, data_size="4G", environment=None, storage=None, directory=None):
        port, self.admin = free_port(), free_port()
        self.work = tempfile.TemporaryDirectory(prefix="cairn-bench-", dir=directory)
        storage = (storage or f"type: memory, data-size: {data_size}").format(directory=self.work.name)
        config = pathlib.Path(self.work.name) / "cairnd.yaml"
        config.write_text(CONFIG.format(port=port, admin=self.admin, workers=workers, storage=storage,
                                        directory=self.work.name))
        self.argv = [CAIRND, "--config", str(config)]
        super().__init__(self.argv, port, cores, environment)

    def ready(self):
        """Whether it serves: a node that still reads its devices listens already."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=2)
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False

    def end(self, kill=False):
        """Ends the process; its files stay for start_again()."""
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        self.process.wait(60)

    def start_again(self):
        """Starts it on the same files and waits until it serves. Returns wall and CPU seconds that took."""
        began = time.monotonic()
        self.process = subprocess.Popen(["taskset", "-c", SERVER_CORE, *self.argv], stdout=self.log,
                                        stderr=subprocess.STDOUT, cwd=self.directory.name)
        self.pid = self.process.pid
        while not self.ready():
            if self.process.poll() is not None:
                self.log.seek(0)
                stop_with(f"cairnd did not start again:\n{self.log.read()[-2000:]}")
            time.sleep(0.01)
        return time.monotonic() - began, whole_cpu_s(self.pid)

    def info(self, name):
        """One info value, by the plain text protocol."""
        body = name.encode() + b"\n"
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(struct.pack(">Q", 2 << 56 | 1 << 48 | len(body)) + body)
            stream = connection.makefile("rb")
            size = struct.unpack(">Q", stream.read(8))[0] & ((1 << 48) - 1)
            return stream.read(size).decode().split("\t", 1)[1].strip()

    def statistics(self):
        """Of its namespace, as text by name."""
        pairs = (pair.partition("=") for pair in self.info("namespace/test").split(";"))
        return {name: value for name, _, value in pairs}

    def bytes_written(self):
        """To its disk, as the kernel counted for the process."""
        counts = pathlib.Path(f"/proc/{self.pid}/io").read_text()
        return int(re.search(r"^write_bytes: (\d+)", counts, re.M)[1])


class Echo(Server):
    def __init__(self, reply_size, cores=SERVER_CORE):
        port = free_port()
        super().__init__([BENCH_ECHO, "--port", str(port), "--reply-size", str(reply_size)], port, cores)


class Redis(Server):
    def __init__(self, cores=SERVER_CORE):
        port = free_port()
        super().__init__(["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"],
                         port, cores)

    def fill(self, keys, size):
        """Sets the keys that redis-benchmark -r asks for."""
        script = (f"local v = string.rep('x', {size}) for i = ARGV[1], ARGV[2] do "
                  "redis.call('set', string.format('key:%012d', i), v) end")
        for first in range(0, keys, 100_000):
            last = min(first + 100_000, keys) - 1
            subprocess.run(["redis-cli", "-p", str(self.port), "eval", script, "0", str(first), str(last)], check=True,
                           stdout=subprocess.DEVNULL)

    def load(self, test, keys, size, seconds, connections, pipeline, cores=LOAD_CORE):
        """One redis-benchmark run. Returns requests/s, p99 in µs, and the server's CPU µs per request."""

        def run(count):
            before = self.usage()
            line = subprocess.run(["taskset", "-c", cores, "redis-benchmark", "-p", str(self.port), "-c", str(connections),
                                   "-n", str(count), "-P", str(pipeline), "-d", str(size), "-r", str(keys), "-t", test,
                                   "--csv"], check=True, capture_output=True, text=True).stdout.splitlines()[-1]
            numbers = [float(field.strip('"')) for field in line.split(",")[1:]]
            rate, p99_ms = numbers[0], numbers[5]
            return {"requests_per_s": rate, "p99_us": p99_ms * 1e3,
                    "cpu_us": (self.usage().cpu_s - before.cpu_s) * 1e6 / count}

        rate = run(20_000 * pipeline)["requests_per_s"]
        return run(max(20_000, int(rate * seconds)))


def bench(server, *arguments, cores=LOAD_CORE, accept_errors=False):
    """One cairn-bench run; returns its JSON."""
    argv = [CAIRN_BENCH, "-H", f"127.0.0.1:{server.port}", "--server-pid", str(server.pid), "--quiet", "--json", "-",
            *map(str, arguments)]
    if cores:
        argv = ["taskset", "-c", cores] + argv
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode != 0 and not (accept_errors and done.returncode == 2):
        stop_with(f"{' '.join(argv)} failed ({done.returncode}):\n{done.stderr}{done.stdout[-2000:]}")
    return json.loads(done.stdout)


def insert(server, keys, *arguments, cores=LOAD_CORE):
    return bench(server, "-w", "I", "-k", keys, "-p", 16, *arguments, cores=cores)


def median(values):
    return statistics.median(values)


def spread(values):
    """Half the distance between the extremes, as a part of the median."""
    return (max(values) - min(values)) / 2 / median(values) if median(values) else 0.0


def disk_depth(directory, work):
    """Mean number of requests that the disk under a directory had at once while work() ran, as the kernel counts them."""
    device = os.stat(directory).st_dev
    counts = pathlib.Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat")

    def weighted_ms():
        return int(counts.read_text().split()[10])

    before, began = weighted_ms(), time.monotonic()
    result = work()
    return (weighted_ms() - before) / 1e3 / (time.monotonic() - began), result


def strace_calls(pid, work):
    """System calls of the process while work() runs, by name."""
    with tempfile.NamedTemporaryFile("r") as table:
        tracer = subprocess.Popen(["strace", "-c", "-f", "-o", table.name, "-p", str(pid)], stderr=subprocess.PIPE)
        tracer.stderr.readline()  # "attached"
        time.sleep(0.3)
        work()
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        calls = {}
        for line in table:
            fields = line.split()
            if len(fields) >= 5 and fields[0][0].isdigit() and fields[-1] != "total":
                calls[fields[-1]] = int(fields[3])
        return calls


def profile(cairnd, load):
    """Where the server's time goes, by symbol, on standard error."""
    need("perf")
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as directory:
        data = os.path.join(directory, "perf.data")
        perf = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "4000", "-g", "-p", str(cairnd.pid), "-o", data,
                                 "--", "sleep", "3"])
        bench(cairnd, *load, "-d", 4)
        perf.wait()
        report = subprocess.run(["perf", "report", "--stdio", "--no-children", "-g", "none", "-s", "dso,sym", "-i", data],
                                capture_output=True, text=True).stdout
        lines = [line for line in report.splitlines() if line.strip() and not line.startswith("#")]
        print("# profile, share of server CPU by symbol:\n" + "\n".join(lines[:40]), file=sys.stderr)


def write_json(path, result):
    if path:
        pathlib.Path(path).write_text(json.dumps(result, indent=2) + "\n")


def machine():
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"cpu": model[1] if model else "unknown", "cores": os.cpu_count(), "kernel": os.uname().release,
            "load_average": os.getloadavg()}

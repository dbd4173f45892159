"""A disk that answers EIO: what is said of writes, what is still read, what is there after a start on a disk in order.

The server runs with a library of our own before libc (eio.c)."""
import pathlib
import shutil
import subprocess
import tempfile
import time

from checks import COMMIT, FILE, check_all, expect, padding_of, put_all
from client import NOT_FOUND, OK, Client
from node import Failed, Node, Skipped

SERVER_ERROR = 1
CLOSED = "closed"


class FailingNode(Node):
    """A node whose disk fails in the way that fail() says."""

    def __enter__(self):
        super().__enter__()
        compiler = shutil.which("clang-19") or shutil.which("cc")
        if compiler is None:
            raise Skipped("needs a C compiler")
        self._eio = tempfile.TemporaryDirectory(prefix="cairn-eio-")
        library = pathlib.Path(self._eio.name) / "eio.so"
        source = pathlib.Path(__file__).with_name("eio.c")
        subprocess.run([compiler, "-O1", "-Wall", "-Werror", "-fPIC", "-shared", source, "-o", library, "-ldl"],
                       check=True)
        self.environment = {"LD_PRELOAD": str(library), "EIO_FOLDER": self._eio.name,
                            "EIO_FILE": str(self.folder / "data")}
        return self

    def __exit__(self, *_):
        super().__exit__()
        self._eio.cleanup()

    def fail(self, what):
        (pathlib.Path(self._eio.name) / what).touch()

    def mend(self):
        for what in ("read", "write", "sync"):
            (pathlib.Path(self._eio.name) / what).unlink(missing_ok=True)

    def put(self, key, value=1):
        """The code; CLOSED when the connection ended instead: nothing was said."""
        client = Client(self.port)
        try:
            return client.put(key, value, padding_of(key, value))
        except ConnectionError:
            return CLOSED
        finally:
            client.close()

    def metric(self, name):
        for line in self.page("/metrics")[1].splitlines():
            if line.startswith(name + "{"):
                return float(line.rsplit(" ", 1)[1])
        raise Failed(f"there is no metric {name}")


def expect_read_only(node):
    """Of a node that has the keys 0 to 9, which stay."""
    for key in range(10_000, 10_020):
        code = node.put(key)
        if code == OK:
            raise Failed("a write was acknowledged after the disk had failed")
    client = Client(node.port)
    for key in range(10):
        for durable in (False, True):
            expect(client.delete(key, durable=durable), SERVER_ERROR, "a delete after the disk had failed")
    client.close()
    status, text = node.page("/healthz")
    expect(status, 200, "/healthz of a process that lives")
    if "degraded" not in text or "'test'" not in text:
        raise Failed(f"/healthz does not tell that the namespace is read-only: {text}")
    expect(node.metric("cairn_storage_failed"), 1, "the metric")
    client = Client(node.port)
    if "stop_writes=true" not in client.info("namespace/test").split(";"):
        raise Failed("info does not tell that writes are refused")
    client.close()


def writes_fail(program, what):
    with FailingNode(program, COMMIT) as node:
        node.start()
        put_all(node, range(400))
        expect(node.metric("cairn_storage_failed"), 0, "the metric of a disk in order")
        node.fail(what)
        if node.put(9_000) == OK:
            raise Failed("a write that is not durable was acknowledged")
        expect_read_only(node)
        check_all(node, range(400))
        node.mend()  # nothing is tried again: what failed once is not believed
        expect_read_only(node)
        check_all(node, range(400))
        node.stop()
        node.environment = {}
        node.start()
        check_all(node, range(400))
        expect(node.put(9_001), OK, "a write after a start on a disk in order")


def test_after_a_failed_write_nothing_is_acknowledged_and_reads_go_on(program):
    writes_fail(program, "write")


def test_after_a_failed_sync_nothing_is_acknowledged_and_reads_go_on(program):
    writes_fail(program, "sync")


def test_a_failed_flush_in_the_background_makes_the_namespace_read_only(program):
    with FailingNode(program, FILE + "flush-max-ms: 50\n") as node:
        node.start()
        put_all(node, range(200))
        time.sleep(1)  # twenty times what is promised
        node.fail("sync")
        deadline = time.monotonic() + 10
        while node.put(5_000) == OK:
            if time.monotonic() > deadline:
                raise Failed("writes are still taken 10 s after the disk failed")
            time.sleep(0.02)
        expect_read_only(node)
        check_all(node, range(200))
        node.kill()
        node.environment = {}
        node.start()
        check_all(node, range(200))


def test_a_failed_read_is_one_clients_error_and_writes_go_on(program):
    with FailingNode(program, COMMIT) as node:
        node.start()
        put_all(node, range(2_000))  # more than what is still in memory
        client, other = Client(node.port), Client(node.port)
        node.fail("read")
        failed = [key for key in range(2_000) if client.get(key)[0] == SERVER_ERROR]
        if len(failed) < 1_000:
            raise Failed(f"only {len(failed)} of 2000 reads met the disk")
        expect(other.get(5_000)[0], NOT_FOUND, "a read that needs no disk")
        for key in range(5_000, 5_050):
            expect(other.put(key, 1, padding_of(key, 1)), OK, "a write while reads fail")
        expect(node.metric("cairn_storage_failed"), 0, "the metric of a disk that only cannot be read")
        if node.metric("cairn_storage_unreadable_total") < len(failed):
            raise Failed("failed reads are not counted")
        client.close()
        other.close()
        node.mend()
        check_all(node, range(2_000))
        check_all(node, range(5_000, 5_050))
        node.kill()
        node.environment = {}
        node.start()
        check_all(node, range(2_000))
        check_all(node, range(5_000, 5_050))


def test_a_disk_that_fails_while_a_node_starts_is_named(program):
    with FailingNode(program, FILE) as node:
        node.start()
        put_all(node, range(100))
        node.stop()
        for what in ("read", "write", "sync"):
            node.fail(what)
            said = node.refused()
            if str(node.folder / "data") not in said or "Input/output error" not in said:
                raise Failed(f"{what}: the refusal names neither the file nor the reason:\n{said}")
            node.mend()
        node.start()
        check_all(node, range(100))

"""No room: for the file of a namespace, on the file system around it, inside the namespace."""
import time

from checks import COMMIT, FILE, check_all, expect, padding_of, put_all
from client import FULL, NOT_FOUND, OK, OVERLOAD, Client
from node import Failed, Node
from small_disk import on_small_disk

RECOVERY_S = 10


def expect_no_room(node, said):
    for part in (str(node.folder / "data"), "67108864 bytes", "bytes are free"):
        if part not in said:
            raise Failed(f"the refusal does not tell '{part}':\n{said}")


def test_a_file_that_does_not_fit_is_refused_with_its_size(program):
    def work(disk):
        with Node(program, FILE, parent=disk.folder) as node:
            expect_no_room(node, node.refused())
            disk.resize("80M")
            node.start()
            put_all(node, range(100))
            node.stop()

    on_small_disk("40M", work)


def test_a_file_with_holes_is_refused_where_they_cannot_be_filled(program):
    def work(disk):
        with Node(program, FILE, parent=disk.folder) as node:
            with open(node.folder / "data", "wb") as file:
                file.truncate(64 << 20)
            expect_no_room(node, node.refused())
            disk.resize("80M")
            node.start()
            put_all(node, range(100))
            disk.fill()
            put_all(node, range(100, 2_000))  # into what were holes
            check_all(node, range(2_000))
            node.stop()

    on_small_disk("40M", work)


def test_a_file_system_that_fills_up_takes_nothing_from_a_namespace(program):
    def work(disk):
        with Node(program, COMMIT, parent=disk.folder) as node:
            node.start()
            put_all(node, range(500))
            disk.fill()
            put_all(node, range(500, 3_000))
            check_all(node, range(3_000))
            client = Client(node.port)
            if client.info("truncate:namespace=test;set=s").lower() == "ok":
                raise Failed("a truncation was promised that cannot be kept")
            check_all(node, range(3_000))
            disk.empty()
            deadline = time.monotonic() + RECOVERY_S
            while client.info("truncate:namespace=test;set=s") != "ok":
                if time.monotonic() > deadline:
                    raise Failed(f"no truncation is taken {RECOVERY_S} s after there is room again")
                time.sleep(0.05)
            client.close()
            put_all(node, range(3_000, 3_100))
            node.kill()
            node.start()
            client = Client(node.port)
            expect(client.get(1)[0], NOT_FOUND, "a truncated record after a kill")
            client.close()
            check_all(node, range(3_000, 3_100))

    on_small_disk("80M", work)


def fill_namespace(client):
    """@return  how many records, of 20,000 bytes each, there was room for."""
    written = 0
    while (code := client.put(written, 1, padding_of(written, 1) * 30)) in (OK, OVERLOAD):
        written += code == OK
    expect(code, FULL, "put into a full namespace")
    return written


def expect_recovery(client, key, what):
    deadline = time.monotonic() + RECOVERY_S
    while client.put(key, 1, b"x" * 20_000) != OK:
        if time.monotonic() > deadline:
            raise Failed(f"no write is taken {RECOVERY_S} s after {what}")
        time.sleep(0.05)


def full_namespace(program, empty):
    with Node(program, COMMIT.replace("64M", "24M")) as node:
        node.start()
        client = Client(node.port)
        written = fill_namespace(client)
        deadline = time.monotonic() + 10  # it is looked at once a second
        while "stop_writes=true" not in client.info("namespace/test").split(";"):
            if time.monotonic() > deadline:
                raise Failed("info does not tell that the namespace is full")
            time.sleep(0.05)
        for key in range(written):
            expect(client.get(key), (OK, 1, padding_of(key, 1) * 30), f"get of {key} from a full namespace")
        empty(client, written)
        client.close()
        node.kill()
        node.start()
        client = Client(node.port)
        empty(client, written)  # deletes without tombstones may have come back, and fill it again
        expect(client.put(1, 2, b"after"), OK, "put after a kill of a node that was full")
        client.close()


def test_a_full_namespace_recovers_within_ten_seconds_of_deletes(program):
    def empty(client, written):
        for key in range(0, written, 2):
            if client.delete(key) not in (OK, NOT_FOUND):
                raise Failed(f"record {key} of a full namespace cannot be deleted")
        expect_recovery(client, written, "half of the records were deleted")

    full_namespace(program, empty)


def test_a_full_namespace_recovers_within_ten_seconds_of_a_truncation(program):
    def empty(client, written):
        expect(client.info("truncate:namespace=test;set=s"), "ok", "truncate of a full namespace")
        expect_recovery(client, written, "all records were truncated")

    full_namespace(program, empty)

"""What a namespace on files promises, seen from outside. Each test prints a line; the last line counts them."""
import argparse
import functools
import pathlib
import random
import shutil
import sys
import threading
import time

import failing_disk
import filling
import full_disk
import tools
from checks import COMMIT, FILE, IN_MEMORY, ask_info, check_all, expect, expect_entries, padding_of, put_all
from client import FULL, NOT_FOUND, OK, OVERLOAD, Client
from node import Failed, Node
from run_tests import run_tests, tests_named


def clean_restart(program, storage):
    with Node(program, storage) as node:
        node.start()
        put_all(node, range(3000))
        check_all(node, range(3000))
        node.stop()
        node.start()
        check_all(node, range(3000))
        put_all(node, range(1500), value=2)
        node.stop()
        node.start()
        check_all(node, range(1500), value=2)
        check_all(node, range(1500, 3000))


def test_a_clean_restart_keeps_all_on_a_device(program):
    clean_restart(program, FILE)


def test_a_clean_restart_keeps_all_of_a_memory_namespace_with_a_file(program):
    clean_restart(program, IN_MEMORY)


def test_a_clean_restart_keeps_all_compressed_and_encrypted(program):
    with Node(program, FILE + "compression: zstd\nencryption-key-file: {dir}/key\n") as node:
        (node.folder / "key").write_text("5a" * 32)
        node.start()
        client = Client(node.port)
        for key in range(500):
            expect(client.put(key, 1, b"secret text " * 40), OK, "put")
        client.close()
        node.stop()
        if b"secret text" in (node.folder / "data").read_bytes():
            raise Failed("the file holds plain text")
        node.start()
        client = Client(node.port)
        for key in range(500):
            expect(client.get(key), (OK, 1, b"secret text " * 40), "get")
        client.close()
        node.stop()
        (node.folder / "key").write_text("a5" * 32)
        node.refused()


def test_what_is_older_than_the_flush_survives_a_kill(program):
    with Node(program, FILE + "flush-max-ms: 100\n") as node:
        node.start()
        put_all(node, range(1000))
        time.sleep(3)  # thirty times what is promised
        put_all(node, range(1000, 2000))
        node.kill()
        node.start()
        check_all(node, range(1000))


def test_registered_scripts_survive_a_restart_and_a_kill(program):
    with Node(program, FILE) as node:
        node.start()
        ask_info(node, "udf-put:filename=a.lua;content=eD0x;content-len=4;udf-type=LUA;", "ok")
        node.kill()
        node.start()
        ask_info(node, "udf-get:filename=a.lua;", "type=LUA;content=eD0x;")
        node.stop()
        node.start()
        ask_info(node, "udf-get:filename=a.lua;", "type=LUA;content=eD0x;")


def test_secondary_indexes_are_there_and_whole_after_a_restart_and_a_kill(program):
    with Node(program, COMMIT) as node:
        node.start()
        put_all(node, range(500))
        ask_info(node, "sindex-create:namespace=test;set=s;indexname=i;bin=n;type=numeric", "ok")
        put_all(node, range(500, 700))
        expect_entries(node, 700)
        node.stop()
        node.start()
        expect_entries(node, 700)
        client = Client(node.port)
        for key in range(100):
            expect(client.delete(key, durable=True), OK, "delete")
        client.close()
        expect_entries(node, 600)
        node.kill()
        node.start()
        expect_entries(node, 600)


def test_a_durable_delete_stays(program):
    with Node(program, COMMIT) as node:
        node.start()
        put_all(node, range(300))
        client = Client(node.port)
        for key in range(0, 300, 3):
            expect(client.delete(key, durable=True), OK, "delete")
        client.close()
        for _ in range(2):
            node.kill()
            node.start()
            client = Client(node.port)
            for key in range(300):
                expect(client.get(key)[0], OK if key % 3 else NOT_FOUND, f"get of {key}")
            client.close()


def test_a_truncation_stays(program):
    for command in ("truncate:namespace=test;set=s", "truncate-namespace:namespace=test"):
        with Node(program, COMMIT) as node:
            node.start()
            put_all(node, range(300))
            client = Client(node.port)
            expect(client.info(command), "ok", command)
            for key in range(100):
                expect(client.put(key, 2, padding_of(key, 2)), OK, "put")
            client.close()
            for _ in range(2):
                node.kill()
                node.start()
                check_all(node, range(100), value=2)
                client = Client(node.port)
                for key in range(100, 300):
                    expect(client.get(key)[0], NOT_FOUND, f"get of {key} after {command}")
                client.close()


SNAPSHOT_PAGE = b"CIDX"
FAST, COLD = "fast restart: the index is that of the last stop", "cold start: all blocks are read"


def starts(node):
    """How the starts so far went, by what the log says."""
    lines = (node.folder / "log").read_text(errors="replace").splitlines()
    return [what for line in lines for what in (FAST, COLD) if what in line]


def test_a_clean_restart_takes_the_index_from_the_snapshot(program):
    with Node(program, FILE) as node:
        node.start()
        put_all(node, range(2000))
        client = Client(node.port)
        for key in range(0, 2000, 4):
            expect(client.delete(key, durable=key % 8 == 0), OK, "delete")
        client.close()
        for turn in range(3):
            node.stop()
            node.start()
            expect(starts(node), [FAST] * (turn + 1), "how the node started")
            check_all(node, [key for key in range(2000) if key % 4 != 0])
            client = Client(node.port)
            for key in range(0, 2000, 4):
                expect(client.get(key)[0], NOT_FOUND, f"get of {key}, which was deleted")
            client.close()


def test_a_truncation_and_what_expires_stay_through_a_fast_restart(program):
    with Node(program, FILE) as node:
        node.start()
        put_all(node, range(500))
        client = Client(node.port)
        expect(client.info("truncate:namespace=test;set=s"), "ok", "truncate")
        client.close()
        put_all(node, range(100))
        node.stop()
        node.start()
        expect(starts(node), [FAST], "how the node started")
        check_all(node, range(100))
        client = Client(node.port)
        for key in range(100, 500):
            expect(client.get(key)[0], NOT_FOUND, f"get of {key}, which was truncated")
        client.close()


def test_a_damaged_snapshot_is_noticed_and_nothing_is_lost(program):
    with Node(program, FILE) as node:
        node.start()
        put_all(node, range(2000))
        node.stop()
        path = node.folder / "data"
        stored = bytearray(path.read_bytes())
        page = stored.find(SNAPSHOT_PAGE, 8 << 20)
        if page < 0:
            raise Failed("there is no snapshot in the file")
        stored[page + 5000] ^= 1
        path.write_bytes(stored)
        node.start()
        expect(starts(node), [COLD], "how the node started")
        if "page 0 is damaged" not in node.log_end():
            raise Failed(f"the log does not say why\n{node.log_end()}")
        check_all(node, range(2000))
        node.stop()
        node.start()
        expect(starts(node), [COLD, FAST], "how the node started after a stop in order")
        check_all(node, range(2000))


def test_after_a_fast_restart_a_kill_leaves_no_snapshot(program):
    with Node(program, COMMIT) as node:
        node.start()
        put_all(node, range(1000))
        node.stop()
        node.start()
        put_all(node, range(500), value=2)
        node.kill()
        node.start()
        expect(starts(node), [FAST, COLD], "how the node started")
        check_all(node, range(500), value=2)
        check_all(node, range(500, 1000))


class Writer(threading.Thread):
    """Counts its keys up until the server dies. What was acknowledged is in `sure`; one more may have happened."""

    def __init__(self, node, keys, known):
        super().__init__()
        self.node, self.keys, self.sure, self.tried = node, keys, dict(known), dict(known)
        self.count = 0

    def run(self):
        try:
            client = Client(self.node.port)
            while True:
                for key in self.keys:
                    value = self.tried.get(key, 0) + 1
                    self.tried[key] = value
                    code = client.put(key, value, padding_of(key, value))
                    if code in (OVERLOAD, FULL):
                        continue
                    expect(code, OK, "put")
                    self.sure[key] = value
                    self.count += 1
        except OSError:
            pass


def test_nothing_acknowledged_is_lost_in_kills_under_load(program, rounds):
    writers, keys = 4, 40
    known = [{} for _ in range(writers)]
    total = 0
    with Node(program, COMMIT) as node:
        for turn in range(rounds):
            node.start()
            running = [Writer(node, range(i * keys, (i + 1) * keys), known[i]) for i in range(writers)]
            for writer in running:
                writer.start()
            time.sleep(0.1 + random.Random(turn).random() * 0.3)  # a kill at any moment is as good as another
            node.kill()
            for writer in running:
                writer.join()
            node.start()
            client = Client(node.port)
            for i, writer in enumerate(running):
                for key, tried in writer.tried.items():
                    code, value, padding = client.get(key)
                    sure = writer.sure.get(key, 0)
                    if code == NOT_FOUND:
                        value = 0
                    elif code != OK or padding != padding_of(key, value):
                        raise Failed(f"round {turn}: key {key}: code {code}, value {value} with wrong bytes")
                    if not sure <= value <= tried:
                        raise Failed(f"round {turn}: key {key}: {sure} was acknowledged, {tried} tried, {value} is there")
                    known[i][key] = value
                total += writer.count
            client.close()
            node.kill()
    print(f"  {rounds} kills, {total} acknowledged writes")
    if total < rounds:
        raise Failed("nearly nothing was acknowledged: this proves nothing")


def test_a_copy_taken_under_load_starts_and_serves_no_wrong_value(program):
    with Node(program, COMMIT) as node:
        node.start()
        writer = Writer(node, range(200), {})
        writer.start()
        while writer.count < 400:
            if not writer.is_alive():
                raise Failed(f"the server died\n{node.log_end()}")
            time.sleep(0.01)
        shutil.copy(node.folder / "data", node.folder / "copy")
        node.kill()
        writer.join()
        shutil.move(node.folder / "copy", node.folder / "data")
        node.start()
        client = Client(node.port)
        for key in range(200):
            code, value, padding = client.get(key)
            if code not in (OK, NOT_FOUND) or (code == OK and padding != padding_of(key, value)):
                raise Failed(f"key {key}: code {code}, value {value}")
        client.close()


def test_a_file_of_another_namespace_is_refused(program):
    with Node(program, FILE) as node:
        node.start()
        put_all(node, range(10))
        node.stop()
        node.ns = "other"
        said = node.refused()
        if "test" not in said or str(node.folder / "data") not in said:
            raise Failed(f"the refusal names neither the file nor its namespace:\n{said}")


def test_a_file_of_another_node_is_refused(program):
    with Node(program, FILE) as node:
        node.start()
        node.stop()
        node.node_id = "B2"
        said = node.refused()
        if str(node.folder / "data") not in said:
            raise Failed(f"the refusal does not name the file:\n{said}")


def test_a_file_in_use_is_refused(program):
    with Node(program, FILE) as node, Node(program, FILE) as second:
        node.start()
        second.storage = FILE.format(dir=node.folder)
        second.refused()


def tests(options):
    """(name, test) of this file and the others, in their order."""
    program = str(pathlib.Path(options.server).resolve())
    for module in (sys.modules[__name__], filling, full_disk, failing_disk, tools):
        for name, test in tests_named(module, options.only):
            arguments = (program, options.kills) if "kills" in name else (program,)
            yield name, functools.partial(test, *arguments)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", default="build/release/bin/cairnd", help="the server program; the tools lie beside it")
    parser.add_argument("--kills", type=int, default=50, help="rounds of the kill test (default %(default)s)")
    parser.add_argument("--only", default="", help="run only tests whose name contains this")
    return run_tests(tests(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())

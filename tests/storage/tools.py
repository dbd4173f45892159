"""cairn-check and cairn-dump on files that a real cairnd wrote."""
import hashlib
import json
import pathlib
import subprocess
import time

from checks import COMMIT, FILE, expect, padding_of, put_all
from client import OK, Client
from node import Failed, Node, Skipped

KEY = "5a" * 32


def run(program, tool, *arguments):
    """(status, output, errors) of a tool that lies beside the server."""
    path = pathlib.Path(program).with_name(tool)
    if not path.exists():
        raise Skipped(f"there is no {path}")
    done = subprocess.run([path, *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def findings(program, node, status, *arguments):
    """What cairn-check reports of the node's file."""
    code, out, errors = run(program, "cairn-check", "--json", *arguments, node.folder / "data")
    if code != status:
        raise Failed(f"cairn-check ended with {code}, expected {status}\n{out}{errors}")
    return json.loads(out.splitlines()[0])


def expect_dump(program, node, values, *arguments):
    """values: {key: its number}; each stands in the dump once, and nothing else does."""
    code, out, errors = run(program, "cairn-dump", *arguments, node.folder / "data")
    expect(code, 0, f"status of cairn-dump ({errors.strip()})")
    found = {}
    for line in map(json.loads, out.splitlines()):
        expect(line["set"], "s", "the set of a record")
        if line["digest"].lower() in found:
            raise Failed(f"{line['digest']} stands in the dump twice")
        found[line["digest"].lower()] = line["bins"]["n"]
    wanted = {hashlib.sha1(str(key).encode()).hexdigest(): value for key, value in values.items()}
    expect(found, wanted, "the records in the dump")


def test_the_tools_read_what_a_node_left_in_order(program):
    with Node(program, FILE) as node:
        node.start()
        put_all(node, range(2_000))
        put_all(node, range(0, 500), value=2)
        client = Client(node.port)
        for key in range(500, 600):
            expect(client.delete(key, durable=True), OK, "delete")
        client.close()
        code, _, errors = run(program, "cairn-check", node.folder / "data")
        if code != 1 or "in use" not in errors:
            raise Failed(f"a file in use was read: {code} {errors}")
        node.stop()
        report = findings(program, node, 0)
        expect((report["clean"], report["torn"], report["corrupt"]), (True, 0, 0), "clean, torn, corrupt")
        expect(report["tombstones"], 100, "tombstones")
        expect_dump(program, node, {key: 1 + (key < 500) for key in range(2_000) if not 500 <= key < 600})


def test_the_tools_read_what_a_kill_left(program):
    with Node(program, COMMIT) as node:
        node.start()
        values = {}
        for turn in range(1, 4):
            put_all(node, range(700), value=turn)
            values |= {key: turn for key in range(700)}
            node.kill()
            report = findings(program, node, 0)
            expect((report["clean"], report["corrupt"]), (False, 0), "clean, corrupt")
            expect_dump(program, node, values)
            node.start()


def test_the_tools_read_what_is_compressed_and_encrypted(program):
    with Node(program, FILE + "compression: zstd\nencryption-key-file: {dir}/key\nflush-max-ms: 50\n") as node:
        (node.folder / "key").write_text(KEY)
        (node.folder / "other").write_text("a5" * 32)
        node.start()
        client = Client(node.port)
        for key in range(600):
            expect(client.put(key, key, b"text that repeats itself " * 20), OK, "put")
        client.close()
        node.stop()
        with_key = ["--key-file", node.folder / "key"]
        for _ in range(2):
            expect(findings(program, node, 0)["closed_bodies"] > 0, True, "bodies that stay closed without a key")
            expect(findings(program, node, 0, *with_key)["closed_bodies"], 0, "bodies that stay closed with the key")
            findings(program, node, 1, "--key-file", node.folder / "other")
            expect_dump(program, node, {key: key for key in range(600)}, *with_key)
            node.start()
            time.sleep(0.5)
            node.kill()  # and the same again


def test_the_check_finds_a_flipped_bit_in_what_a_node_wrote(program):
    with Node(program, COMMIT) as node:
        node.start()
        put_all(node, range(1_000))
        node.stop()
        findings(program, node, 0)
        path = node.folder / "data"
        content = path.read_bytes()
        at = content.index(padding_of(500, 1)) + 50
        with open(path, "r+b") as file:
            file.seek(at)
            file.write(bytes([content[at] ^ 0x10]))
        report = findings(program, node, 1)
        if report["corrupt"] < 1 or not at - (1 << 20) < report["first_bad"]["byte"] <= at:
            raise Failed(f"a bit at {at} was flipped, and the report says {report}")
        node.start()
        client = Client(node.port)
        expect(client.get(499), (OK, 1, padding_of(499, 1)), "the record before")
        code, value, padding = client.get(500)
        if code == OK and padding != padding_of(500, 1):
            raise Failed("a wrong value was served")
        client.close()

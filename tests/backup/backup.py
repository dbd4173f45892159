"""Backs a real cairnd up and restores it. A case is a function test_*; each has a set, or a namespace, of its own."""
import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/vectors"))
from server import Server, free_ports  # noqa: E402

NAMESPACES = "\n".join(f"""- name: {name}
  nsup-period: 2m
  allow-ttl-without-nsup: true
  storage-engine: {{type: memory, data-size: 512M}}""" for name in ("test", "copy", "large", "largecopy"))
TIMEOUT_S = 120
VALUES = ["i=-9223372036854775808", "f=0.1", "b=true", 's="a b\\n"', 'l=[1,"x",[2.5]]', 'm={"a":1,"b":[true]}']


class Rig:
    def __init__(self, build, port, folder):
        self.build, self.port, self.folder = pathlib.Path(build), port, pathlib.Path(folder)

    def raw(self, program, *words, port=None, **more):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN")}
        more = {"capture_output": True, "stdin": subprocess.DEVNULL} | more
        if "input" in more:
            del more["stdin"]
        return subprocess.run([self.build / "bin" / program, "-H", f"127.0.0.1:{port or self.port}", *map(str, words)],
                              env=clean, timeout=TIMEOUT_S, **more)

    def run(self, program, *words, **more):
        """A run that ends well. @return standard output."""
        done = self.raw(program, *words, **more)
        assert done.returncode == 0, done
        return done.stdout.decode()

    def refused(self, program, *words, status=1, port=None):
        done = self.raw(program, "-q", *words, port=port)
        assert done.returncode == status, done
        return done.stderr.decode()

    def ctl(self, *words):
        return self.run("cairnctl", *words)

    def records(self, place):
        """Every record, without its generation and time: those a restore makes anew."""
        lines = [json.loads(line) for line in self.ctl("scan", place).splitlines()]
        for line in lines:
            line.pop("generation")
        return sorted(lines, key=lambda line: line["digest"])

    def backup(self, *words):
        return json.loads(self.run("cairn-backup", "-q", "--json", *words))

    def restore(self, *words, **more):
        return json.loads(self.run("cairn-restore", "-q", "--json", *words, **more))

    def place(self, name):
        return self.folder / name

    def fill(self, place, count):
        ns, _, bench_set = place.partition(".")
        self.run("cairn-bench", "-n", ns, "-s", bench_set, "--workload", "I", "--keys", count, "--quiet")


def test_every_type_comes_back(rig):
    rig.ctl("put", "test.types", "one", "--store-key", *VALUES)
    rig.ctl("put", "test.types", "two", "--ttl", "1h", "a=1")
    before = rig.records("test.types")
    assert rig.backup("-n", "test", "-s", "types", "-d", rig.place("types"))["records"] == 2
    assert rig.restore("-d", rig.place("types"), "-n", "copy")["written"] == 2
    after = rig.records("copy.types")
    assert [line.get("key") for line in after] == [line.get("key") for line in before]
    assert [line["bins"] for line in after] == [line["bins"] for line in before]
    assert ["expires" in line for line in after] == ["expires" in line for line in before]


def test_the_file_is_the_text_that_is_documented(rig):
    rig.ctl("put", "test.text", "k", "--store-key", 'name="Ada L"', "year=1815")
    rig.backup("-n", "test", "-s", "text", "-d", rig.place("text"))
    text = b"".join(path.read_bytes() for path in sorted(rig.place("text").glob("*.asb"))).decode()
    assert text.startswith("Version 3.1\n# namespace test\n# first-file\n"), text
    assert re.search(r"\+ k S 1 k\n\+ n test\n\+ d [\w+/]{27}=\n\+ s text\n\+ g 1\n\+ t 0\n\+ b 2\n"
                     r"- S name 5 Ada L\n- I year 1815\n", text), text


def test_a_stream_goes_through_a_pipe(rig):
    rig.fill("test.pipe", 1000)
    done = rig.raw("cairn-backup", "-q", "-n", "test", "-s", "pipe", "-o", "-")
    assert done.returncode == 0 and b"1,000 records" in done.stderr, done.stderr
    assert rig.restore("-i", "-", "-n", "copy", input=done.stdout)["written"] == 1000
    assert rig.records("copy.pipe") == rig.records("test.pipe")


def test_a_large_namespace_comes_back_whole(rig):
    rig.fill("large.bench", 200_000)
    saved = rig.backup("-n", "large", "-d", rig.place("large"), "--file-limit", "5")
    assert saved["records"] == 200_000 and saved["partitions"] == 4096, saved
    assert saved["files"] > 5 and len(list(rig.place("large").glob("*.asb"))) == saved["files"], saved
    assert not (rig.place("large") / "backup-state.json").exists()
    brought = rig.restore("-d", rig.place("large"), "-n", "largecopy")
    assert brought["written"] == 200_000, brought
    # Digests hold the set's name and the key, so equal digests with equal values are the same records.
    assert rig.records("largecopy") == rig.records("large")


def test_partitions_and_bins_can_be_chosen(rig):
    rig.fill("test.parts", 2000)
    whole = rig.backup("-n", "test", "-s", "parts", "-d", rig.place("parts"))["records"]
    first = rig.backup("-n", "test", "-s", "parts", "-d", rig.place("parts-1"), "-X", "0-1000,1000")["records"]
    rest = rig.backup("-n", "test", "-s", "parts", "-d", rig.place("parts-2"), "-X", "1001-3095")["records"]
    assert whole == 2000 and first + rest == whole and 300 < first < 700, (first, rest)
    rig.ctl("put", "test.twobins", "k", "a=1", "b=2")
    rig.backup("-n", "test", "-s", "twobins", "-B", "a", "-d", rig.place("twobins"))
    rig.restore("-d", rig.place("twobins"), "-n", "copy")
    assert [line["bins"] for line in rig.records("copy.twobins")] == [{"a": 1}]


def test_what_exists_is_handled_as_asked(rig):
    rig.ctl("put", "test.policy", "k", "a=1", "b=1")
    rig.backup("-n", "test", "-s", "policy", "-d", rig.place("policy"))
    rig.ctl("put", "copy.policy", "k", "c=3")
    again = ["-d", rig.place("policy"), "-n", "copy"]
    assert rig.restore(*again)["fresher"] == 1
    assert rig.restore(*again, "--unique")["existed"] == 1
    assert [line["bins"] for line in rig.records("copy.policy")] == [{"c": 3}]
    assert rig.restore(*again, "--no-generation")["written"] == 1
    assert [line["bins"] for line in rig.records("copy.policy")] == [{"a": 1, "b": 1, "c": 3}]
    assert rig.restore(*again, "--no-generation", "--replace")["written"] == 1
    assert [line["bins"] for line in rig.records("copy.policy")] == [{"a": 1, "b": 1}]


def test_what_has_expired_stays_away(rig):
    rig.ctl("put", "test.short", "k", "--ttl", "2s", "a=1")
    rig.backup("-n", "test", "-s", "short", "-d", rig.place("short"))
    text = next(rig.place("short").glob("*.asb")).read_text()
    past = re.sub(r"^\+ t \d+$", "+ t 1", text, flags=re.M)
    next(rig.place("short").glob("*.asb")).write_text(past)
    assert rig.restore("-d", rig.place("short"), "-n", "copy")["expired"] == 1


def test_an_interrupted_backup_goes_on(rig):
    rig.fill("test.long", 20_000)
    words = ["-n", "test", "-s", "long", "-d", rig.place("long")]
    program = subprocess.Popen([rig.build / "bin/cairn-backup", "-H", f"127.0.0.1:{rig.port}", "-q", "--nice", "1",
                                *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + TIMEOUT_S
    while sum(path.stat().st_size for path in rig.place("long").glob("*.asb")) == 0:
        assert time.monotonic() < deadline and program.poll() is None
        time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    said = program.communicate(timeout=TIMEOUT_S)[1].decode()
    assert program.returncode == 1 and "interrupted; --resume goes on from here" in said, said
    assert "--remove-files" in rig.refused("cairn-backup", *words)
    assert "other options" in rig.refused("cairn-backup", *words, "--resume", "-X", "0-10")
    rig.backup(*words, "--resume")
    assert "no unfinished backup" in rig.refused("cairn-backup", *words, "--resume")
    seen = rig.restore("-d", rig.place("long"), "-n", "copy")
    assert seen["written"] == 20_000, seen  # a record that is there twice is fresher the second time
    assert rig.records("copy.long") == rig.records("test.long")


def test_verify_names_the_first_damage(rig):
    rig.fill("test.damage", 100)
    rig.backup("-n", "test", "-s", "damage", "-d", rig.place("damage"), "-w", "1")
    assert rig.restore("-d", rig.place("damage"), "--verify")["records"] == 100
    path = next(rig.place("damage").glob("*.asb"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    assert "the file is cut off" in rig.refused("cairn-restore", "-d", rig.place("damage"), "--verify")
    at = whole.index(b"+ g 1", 2000)
    path.write_bytes(whole[:at] + b"x" + whole[at + 1:])
    said = rig.refused("cairn-restore", "-d", rig.place("damage"), "--verify")
    assert f"{path.name}, byte {at}: " in said, (at, said)


def test_mistakes_end_with_a_sentence(rig):
    nobody = free_ports(1)[0]
    assert f"127.0.0.1:{nobody}" in rig.refused("cairn-backup", "-n", "test", "-o", "-", port=nobody)
    assert "'nope' is not known" in rig.refused("cairn-backup", "-n", "nope", "-o", "-")
    assert "--output-file is required" in rig.refused("cairn-backup", "-n", "test", status=2)
    assert "FIRST-COUNT" in rig.refused("cairn-backup", "-n", "test", "-o", "-", "-X", "4000-97", status=2)
    assert "no backup files" in rig.refused("cairn-restore", "-d", rig.folder)
    assert "No such file" in rig.refused("cairn-restore", "-d", rig.place("nowhere"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", metavar="PART", default="", help="only tests whose name contains this")
    parser.add_argument("--build", default=os.environ.get("CAIRN_BUILD_RELEASE", str(ROOT / "build/release")),
                        help="the build directory with the programs")
    options = parser.parse_args()
    tests = [(name, run) for name, run in globals().items() if name.startswith("test_") and options.k in name]
    failed = 0
    with Server(f"{options.build}/bin/cairnd", NAMESPACES) as server, tempfile.TemporaryDirectory() as folder:
        rig = Rig(options.build, server.port, folder)
        for name, run in tests:
            try:
                run(rig)
            except Exception:
                failed += 1
                print(f"FAILED {name}")
                traceback.print_exc(limit=-2, file=sys.stdout)
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())

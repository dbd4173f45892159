"""Backs a real cairnd up and restores it. A case is a function test_*; each has a set, or a namespace, of its own."""
import argparse
import base64
import functools
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/vectors"))
from run_tests import run_tests, tests_named  # noqa: E402
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
        more = {"capture_output": True, "stdin": subprocess.DEVNULL, "env": clean} | more
        if "input" in more:
            del more["stdin"]
        return subprocess.run([self.build / "bin" / program, "-H", f"127.0.0.1:{port or self.port}", *map(str, words)],
                              timeout=TIMEOUT_S, **more)

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


def private_key(rig):
    path = rig.place("key.pem")
    if not path.exists():
        subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
    return path


def test_compressed_files_are_plain_zstd(rig):
    rig.fill("test.zstd", 5000)
    rig.backup("-n", "test", "-s", "zstd", "-d", rig.place("zstd-plain"), "-w", "1")
    rig.backup("-n", "test", "-s", "zstd", "-d", rig.place("zstd"), "-w", "1", "--compress", "zstd", "-l", "1")
    plain, compressed = (next(rig.place(name).glob("*.asb")).read_bytes() for name in ("zstd-plain", "zstd"))
    assert len(compressed) < len(plain)
    text = subprocess.run(["zstd", "-dc"], input=compressed, check=True, capture_output=True).stdout
    assert sorted(text.split(b"+ n ")) == sorted(plain.split(b"+ n "))
    assert rig.restore("-d", rig.place("zstd"), "-n", "copy", "--compress", "zstd")["written"] == 5000
    assert rig.records("copy.zstd") == rig.records("test.zstd")
    path = next(rig.place("zstd").glob("*.asb"))
    path.write_bytes(compressed[:-10])
    assert "cut off" in rig.refused("cairn-restore", "-d", rig.place("zstd"), "--verify")


def test_encrypted_files_are_what_the_documentation_says(rig):
    rig.fill("test.secret", 2000)
    der = subprocess.run(["openssl", "rsa", "-in", private_key(rig), "-outform", "DER", "-traditional"], check=True,
                         capture_output=True).stdout
    for kind, size in (("aes128", 16), ("aes256", 32)):
        place = rig.place(kind)
        words = ["--encrypt", kind, "--encryption-key-file", private_key(rig)]
        rig.backup("-n", "test", "-s", "secret", "-d", place, "-w", "1", *words)
        coded = next(place.glob("*.asb")).read_bytes()
        key = hashlib.sha256(der).digest()[:size].hex()

        def openssl(mode, data, *more):
            return subprocess.run(["openssl", "enc", "-d", f"-aes-{size * 8}-{mode}", "-nopad", "-K", key, *more],
                                  input=data, check=True, capture_output=True).stdout
        first = int.from_bytes(openssl("ecb", coded[:16]), "big") + 1
        text = openssl("ctr", coded[16:], "-iv", f"{first % (1 << 128):032x}")
        assert text.startswith(b"Version 3.1\n# namespace test\n") and text.count(b"+ d ") == 2000, text[:100]
        assert rig.restore("-d", place, "-n", "copy", "-g", *words)["written"] == 2000
    assert rig.records("copy.secret") == rig.records("test.secret")
    assert "another key" in rig.refused("cairn-restore", "-d", place, "--verify", "--encrypt", "aes128", *words[2:])
    assert "it may be encrypted" in rig.refused("cairn-restore", "-d", place, "--verify")


def test_an_encrypted_and_compressed_backup_goes_on(rig):
    """The state is a place where each file can be read to its end; the same key is needed to go on."""
    rig.fill("test.both", 20_000)
    der = subprocess.run(["openssl", "rsa", "-in", private_key(rig), "-outform", "DER", "-traditional"], check=True,
                         capture_output=True).stdout
    other = base64.b64encode(b"another key").decode()
    coding = ["--compress", "zstd", "--encrypt", "aes256", "--encryption-key-env", "CAIRN_TEST_KEY"]
    words = ["-n", "test", "-s", "both", "-d", rig.place("both")]

    def environment(key):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN")}
        return clean | {"CAIRN_TEST_KEY": key}
    mine = environment(base64.b64encode(der).decode())
    program = subprocess.Popen([rig.build / "bin/cairn-backup", "-H", f"127.0.0.1:{rig.port}", "-q", "--nice", "0.2",
                                *map(str, words + coding)], env=mine, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + TIMEOUT_S
    while not any(path.stat().st_size > 1000 for path in rig.place("both").glob("*.asb")):
        assert time.monotonic() < deadline and program.poll() is None, program.communicate()
        time.sleep(0.05)
    program.send_signal(signal.SIGINT)
    said = program.communicate(timeout=TIMEOUT_S)[1].decode()
    assert program.returncode == 1 and "--resume goes on from here" in said, said
    assert rig.restore(*words[4:], *coding, "--verify", env=mine)["records"] < 20_000
    done = rig.raw("cairn-backup", "-q", *words, *coding, "--resume", env=environment(other))
    assert b"other options" in done.stderr, done
    done = rig.raw("cairn-backup", "-q", *words, *coding, "--resume", env=mine)
    assert done.returncode == 0, done
    assert rig.restore(*words[4:], "-n", "copy", *coding, env=mine)["written"] == 20_000
    assert rig.records("copy.both") == rig.records("test.both")


def test_a_digest_divides_a_partition(rig):
    rig.fill("test.digest", 20_000)
    records = rig.records("test.digest")
    in_partition = {}
    for line in records:
        digest = bytes.fromhex(line["digest"])
        in_partition.setdefault(int.from_bytes(digest[:2], "little") % 4096, []).append(digest)
    partition, digests = max(in_partition.items(), key=lambda entry: len(entry[1]))
    digests.sort(reverse=True)  # the order of scans
    middle = base64.b64encode(digests[len(digests) // 2 - 1]).decode()
    half = rig.backup("-n", "test", "-s", "digest", "-d", rig.place("digest"), "-X", middle)
    assert half["records"] == len(digests) - len(digests) // 2, (half, len(digests))
    behind = sum(len(found) for number, found in in_partition.items() if number > partition)
    rest = rig.backup("-n", "test", "-s", "digest", "-d", rig.place("digest-rest"), "--after-digest", middle)
    assert rest["records"] == half["records"] + behind, (rest, half, behind)


def test_filters_choose_records(rig):
    rig.ctl("put", "test.filter", "stays", "a=1")
    rig.ctl("put", "test.filter", "goes", "--ttl", "1h", "a=2")
    words = ["-n", "test", "-s", "filter"]
    assert rig.backup(*words, "-d", rig.place("never"), "--no-ttl-only")["records"] == 1
    is_two = base64.b64encode(b"\x93\x01\x93\x51\x02\xa1a\x02").decode()  # [==, [bin, integer, "a"], 2]
    assert rig.backup(*words, "-d", rig.place("two"), "-f", is_two)["records"] == 1
    assert rig.backup(*words, "-d", rig.place("neither"), "-f", is_two, "--no-ttl-only")["records"] == 0
    time.sleep(0.01)  # times are in milliseconds
    assert rig.backup(*words, "-d", rig.place("old"), "--modified-after", "1d")["records"] == 2
    assert rig.backup(*words, "-d", rig.place("none"), "--modified-before", "1d")["records"] == 0
    assert rig.backup(*words, "-d", rig.place("all"), "--modified-before", "2200-01-01", "--modified-after", "1h",
                      "-f", is_two)["records"] == 1


def test_progress_is_a_line_with_a_bar(rig):
    rig.fill("test.bar", 3000)
    done = rig.raw("cairn-backup", "-n", "test", "-s", "bar", "-d", rig.place("bar"), "--nice", "0.2")
    assert done.returncode == 0 and re.search(rb"\r\[#*-+\] [\d.]+ %, [\d,]+ records", done.stderr), done


def test_mistakes_end_with_a_sentence(rig):
    nobody = free_ports(1)[0]
    assert f"127.0.0.1:{nobody}" in rig.refused("cairn-backup", "-n", "test", "-o", "-", port=nobody)
    assert "'nope' is not known" in rig.refused("cairn-backup", "-n", "nope", "-o", "-")
    assert "--output-file is required" in rig.refused("cairn-backup", "-n", "test", status=2)
    assert "FIRST-COUNT" in rig.refused("cairn-backup", "-n", "test", "-o", "-", "-X", "4000-97", status=2)
    assert "no backup files" in rig.refused("cairn-restore", "-d", rig.folder)
    assert "No such file" in rig.refused("cairn-restore", "-d", rig.place("nowhere"))
    out = ["-n", "test", "-o", "-"]
    assert "--encryption-key-file" in rig.refused("cairn-backup", *out, "--encrypt", "aes128", status=2)
    assert "not --encrypt" in rig.refused("cairn-backup", *out, "--encryption-key-file", "x", status=2)
    key = ["--encrypt", "aes128", "--encryption-key-file"]
    assert "--encryption-key-file: " in rig.refused("cairn-backup", *out, *key, rig.place("no-key"))
    rig.place("no-key").write_text("no key")
    assert "no private key" in rig.refused("cairn-backup", *out, *key, rig.place("no-key"))
    assert "no variable 'NOPE'" in rig.refused("cairn-backup", *out, *key[:2], "--encryption-key-env", "NOPE")
    assert "base64" in rig.refused("cairn-backup", *out, "-f", "?", status=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", metavar="PART", default="", help="only tests whose name contains this")
    parser.add_argument("--build", default=os.environ.get("CAIRN_BUILD_RELEASE", str(ROOT / "build/release")),
                        help="the build directory with the programs")
    options = parser.parse_args()
    with Server(f"{options.build}/bin/cairnd", NAMESPACES) as server, tempfile.TemporaryDirectory() as folder:
        rig = Rig(options.build, server.port, folder)
        tests = tests_named(sys.modules[__name__], options.k)
        return run_tests([(name, functools.partial(test, rig)) for name, test in tests])


if __name__ == "__main__":
    sys.exit(main())

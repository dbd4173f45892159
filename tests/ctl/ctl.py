"""Drives each command of cairnctl against one real cairnd. A case is a function test_*; each has a set of its own."""
import argparse
import functools
import json
import os
import pathlib
import pty
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/vectors"))
from run_tests import run_tests, tests_named  # noqa: E402
from server import Server, free_ports  # noqa: E402

NAMESPACES = """- name: test
  nsup-period: 2m
  storage-engine: {type: memory, data-size: 512M}
- name: other
  default-ttl: 1h
  allow-ttl-without-nsup: true
  storage-engine: {type: memory, data-size: 256M}"""
TIMEOUT_S = 60


class Outcome:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return self.out.splitlines()

    def __repr__(self):
        return f"status {self.status}\n--- out\n{self.out}--- err\n{self.err}---"


class Ctl:
    """Runs cairnctl against the server of the test."""

    def __init__(self, program, port):
        self.program, self.port = program, port

    def raw(self, *words, environment=None, stdin=subprocess.DEVNULL):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN")}
        done = subprocess.run([self.program, *words], env=clean | (environment or {}), stdin=stdin, capture_output=True,
                              text=True, timeout=TIMEOUT_S)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def any(self, *words, **more):
        return self.raw(*words, environment={"CAIRNCTL_HOST": f"127.0.0.1:{self.port}"}, **more)

    def __call__(self, *words):
        """A run that ends well and complains of nothing."""
        outcome = self.any(*words)
        assert outcome.status == 0 and outcome.err == "", outcome
        return outcome

    def refused(self, status, *words):
        """A run that ends with one sentence on standard error. @return the sentence."""
        outcome = self.any(*words)
        assert outcome.status == status, outcome
        assert outcome.err.startswith("cairnctl: ") and outcome.err.count("\n") == 1, outcome
        return outcome.err


def test_help_names_every_command(ctl):
    text = ctl("--help").out
    for command in ("summary status nodes partitions namespaces sets stat latency info config log queries truncate get put delete exists scan "
                    "ping wait").split():
        assert re.search(rf"^  {command} ", text, re.M), f"{command} in\n{text}"
        own = ctl(command, "--help").out
        assert f"cairnctl {command}" in own, own
    assert "EXAMPLES" in text and "EXIT STATUS" in text


def test_a_wrong_command_line_ends_with_2(ctl):
    for words, said in ((["--nope", "ping"], "--nope"), (["nope"], "nope"), ([], "subcommand"), (["get", "test"], "KEY"), (["-o", "xml", "ping"], "--output"),
                        (["-H", "a:b", "ping"], "--host"), (["--timeout", "x", "ping"], "--timeout"),
                        (["put", "test", "k", "a=1", "--create", "--replace"], "--create")):
        outcome = ctl.any(*words)
        assert outcome.status == 2 and said in outcome.err and outcome.out == "", (words, outcome)


def test_mistakes_that_only_a_command_sees_end_with_2(ctl):
    assert "'x' is not BIN=VALUE" in ctl.refused(2, "put", "test", "k", "x")
    assert "--before must be" in ctl.refused(2, "truncate", "test", "--before", "soon", "--yes")
    assert "--ttl must be" in ctl.refused(2, "put", "test", "k", "x=1", "--ttl", "long")
    assert "got 'foo'" in ctl.refused(2, "config", "set", "foo", "a=1")
    assert "ID or --all" in ctl.refused(2, "queries", "abort")
    assert "NS.SET" in ctl.refused(2, "scan", "test.")


def test_nobody_there_ends_with_1(ctl):
    port = free_ports(1)[0]
    assert f"--host 127.0.0.1:{port}" in ctl.refused(1, "-H", f"127.0.0.1:{port}", "ping")


def test_host_comes_from_option_or_environment(ctl):
    here = f"127.0.0.1:{ctl.port}"
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    assert ctl.raw("ping", "--host", here, environment={"CAIRNCTL_HOST": nowhere}).status == 0
    assert ctl.raw("ping", environment={"CAIRNCTL_HOST": nowhere}).status == 1
    assert ctl.raw("-H", here, "ping").status == 0


def test_version(ctl):
    assert re.fullmatch(r"cairnctl \d+\.\d+\.\d+\n", ctl("--version").out)


def test_ping(ctl):
    assert re.fullmatch(r"node [0-9A-F]+ at 127\.0\.0\.1:\d+, build \S+, answered in [\d.]+ ms\n", ctl("ping").out)
    assert ctl("ping", "--json").json["ms"] >= 0


def test_wait(ctl):
    assert ctl("wait").out.endswith(" answers\n")
    assert ctl("wait", "--ready", "--timeout", "10s").out.endswith(" is ready\n")
    port = free_ports(1)[0]
    said = ctl.refused(1, "wait", "--ready", "--timeout", "300ms", "-H", f"127.0.0.1:{port}")
    assert "not ready within 0.3 s" in said, said


def test_info(ctl):
    assert ctl("info", "status").out == "ok\n"
    assert ctl("info", "status", "namespaces").out == "status\tok\nnamespaces\ttest;other\n"
    assert ctl("info", "namespaces", "--pretty").lines == ["test", "other"]
    assert ctl("info", "status", "--json").json == {"status": "ok"}
    assert "stop_writes=false" in ctl("info", "--pretty", "namespace/test").lines
    outcome = ctl.any("info", "nope", "status")
    assert (outcome.status, outcome.out) == (1, "status\tok\n") and "'nope' was refused" in outcome.err, outcome


def test_summary(ctl):
    text = ctl("summary").out
    for words in ("Node ", "Uptime ", "Connections ", "NAMESPACE ", "test ", "512 MiB"):
        assert words in text, text
    assert "WARNING: Namespace other never removes expired records (nsup-period is 0)." in text, text
    found = ctl("summary", "--json").json
    assert found["ready"] is True and [ns["namespace"] for ns in found["namespaces"]] == ["test", "other"]
    assert len(found["warnings"]) == 1


def test_status(ctl):
    text = ctl("status").out
    assert ": 1 node in 1 rack, 0 partitions to be moved\n" in text and "No warnings.\n" in text, text
    found = ctl("status", "-o", "json").json
    assert [ns["namespace"] for ns in found["namespaces"]] == ["other", "test"]
    assert [ns["partitions_served"] for ns in found["namespaces"]] == [4096, 4096]
    assert found["nodes"][0]["state"] == "online" and found["nodes"][0]["principal"] is True
    assert found["warnings"] == [] and found == ctl("status", "--json").json | {"nodes": found["nodes"]}


def test_nodes(ctl):
    assert ctl("nodes").lines[0].split()[:3] == ["NODE", "ADDRESS", "STATE"]
    (row,) = ctl("nodes", "--json").json
    assert row["address"] == f"127.0.0.1:{ctl.port}" and row["racks"] == {"test": 0, "other": 0}, row


def test_partitions(ctl):
    assert "test: every partition has a master" in ctl("partitions").lines
    (row,) = ctl("partitions", "test", "--json").json
    assert (row["master"], row["replica"], row["migrating"]) == (4096, 0, 0), row
    assert "no node has a namespace 'nope'" in ctl.refused(1, "partitions", "nope")


def test_migrations(ctl):
    rows = ctl("migrations", "-o", "json").json
    assert [(row["namespace"], row["remaining"]) for row in rows] == [("other", 0), ("test", 0)], rows
    assert ctl("migrations", "test").lines[0].split()[:4] == ["NAMESPACE", "NODE", "LEFT", "OF"]
    assert ctl("migrations", "--watch").lines[-1].startswith("[" + "#" * 40 + "] 100 %, 0 of 0 partitions left")
    assert "no node has a namespace 'none'" in ctl.any("migrations", "none").err


def test_namespaces(ctl):
    assert ctl("namespaces").lines[0].split()[:2] == ["NAMESPACE", "OBJECTS"]
    rows = ctl("namespaces", "--json").json
    assert [row["memory_limit_bytes"] for row in rows] == [512 << 20, 256 << 20]


def test_sets(ctl):
    ctl("put", "test.counted", "a", "x=1")
    ctl("put", "test.counted", "b", "x=1")
    row = [row for row in ctl("sets", "test", "--json").json if row["set"] == "counted"][0]
    assert row["objects"] == 2
    assert any(line.split()[:3] == ["test", "counted", "2"] for line in ctl("sets").lines)
    assert "no namespace 'nope'" in ctl.refused(1, "sets", "nope")


def test_stat(ctl):
    assert ctl("stat", "--like", "client_connections", "--json").json.keys() == {
        "client_connections", "client_connections_opened", "client_connections_closed"}
    assert ctl("stat", "test", "--like", "stop?writes").out == "stop_writes  false\n"
    assert "no statistic is like 'zzz'" in ctl.refused(1, "stat", "--like", "zzz")
    assert "no namespace 'nope'" in ctl.refused(1, "stat", "nope")


def test_latency(ctl):
    assert isinstance(ctl("latency", "--json").json, list)
    assert "PER SECOND" in ctl("latency").out or "yet" in ctl("latency").out


def test_config(ctl):
    assert ctl("config", "get", "service", "proto-fd-max").out == "15000\n"
    assert ctl("config", "get", "--json").json["proto-fd-max"] == 15000
    assert str(ctl.port) in ctl("config", "get", "network").out
    assert "is in force" in ctl("config", "set", "namespace", "test", "nsup-period=90").out
    assert ctl("config", "get", "namespace", "test", "nsup-period", "--json").json == {"nsup-period": 90}
    assert "'nope=1' was refused" in ctl.refused(1, "config", "set", "service", "nope=1")
    assert "no parameter 'nope'" in ctl.refused(1, "config", "get", "service", "nope")
    assert "namespace not found" in ctl.refused(1, "config", "get", "namespace", "nope")


def test_log(ctl):
    ctl("log", "set", "query=debug")
    assert ctl("log", "get", "query").out == "DEBUG\n"
    ctl("log", "set", "query=info")
    assert ctl("log", "get", "--json").json["query"] == "INFO"
    assert "'nope=debug' was refused" in ctl.refused(1, "log", "set", "nope=debug")
    assert "no module 'nope'" in ctl.refused(1, "log", "get", "nope")


def test_values_come_back_as_they_went(ctl):
    values = {"int": -42, "float": 1.5, "yes": True, "text": "Ada", "digits": "007", "blob": {"$blob": "AP8="},
              "list": [1, "two", 3.5, None, [True], {"$blob": "AQ=="}], "map": {"a": 1, "b": {"c": []}},
              "geo": {"$geojson": {"type": "Point", "coordinates": [1.5, 2]}}, "hll": {"$hll": "AAQAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
              "java": {"$java_blob": "AQI="}, "empty": "", "lower": -2**63}
    ctl("put", "test.values", "k", *(f"{name}={json.dumps(value)}" for name, value in values.items()))
    assert ctl("get", "test.values", "k", "--json").json["bins"] == values


def test_words_that_are_no_json_are_texts(ctl):
    ctl("put", "test.words", "k", "a=plain words", "b=[1,", "c=x=y", "d=truely")
    assert ctl("get", "test.words", "k", "--json").json["bins"] == {"a": "plain words", "b": "[1,", "c": "x=y", "d": "truely"}


def test_integers_above_64_bits_are_refused(ctl):
    assert "bin 'a': integers are at most" in ctl.refused(2, "put", "test.big", "k", "a=9223372036854775808")


def test_get(ctl):
    ctl("put", "test.get", "k", "a=1", "b=two", "--ttl", "30d")
    lines = ctl("get", "test.get", "k").lines
    assert lines[0].startswith("generation 1, expires in ") and [line.split() for line in lines[1:]] == [
        ["BIN", "TYPE", "VALUE"], ["a", "integer", "1"], ["b", "string", "two"]], lines
    assert ctl("get", "test.get", "k", "--bin", "b", "--json").json["bins"] == {"b": "two"}
    assert "get test.get x: record not found (error 2)" in ctl.refused(1, "get", "test.get", "x")
    assert "'nope' is not known" in ctl.refused(1, "get", "nope", "x")


def test_integer_and_text_keys_differ(ctl):
    ctl("put", "test.keys", "42", "kind=integer")
    assert ctl.any("exists", "test.keys", '"42"').out == "no\n"
    ctl("put", "test.keys", '"42"', "kind=text")
    assert ctl("get", "test.keys", "42", "--json").json["bins"] == {"kind": "integer"}
    assert ctl("get", "test.keys", '"42"', "--json").json["bins"] == {"kind": "text"}


def test_put_modes(ctl):
    ctl("put", "test.modes", "k", "a=1", "b=2", "--create")
    assert "exists already (error 5)" in ctl.refused(1, "put", "test.modes", "k", "a=2", "--create")
    ctl("put", "test.modes", "k", "a=null", "c=3")
    assert ctl("get", "test.modes", "k", "--json").json["bins"] == {"b": 2, "c": 3}
    ctl("put", "test.modes", "k", "d=4", "--replace", "--ttl", "never")
    found = ctl("get", "test.modes", "k", "--json").json
    assert found["bins"] == {"d": 4} and found["expires"] is None


def test_exists_and_delete(ctl):
    assert ctl.any("exists", "test.gone", "k").status == 1
    ctl("put", "test.gone", "k", "a=1")
    assert ctl("exists", "test.gone", "k").out == "yes\n"
    assert ctl("delete", "test.gone", "k").out == "deleted\n"
    assert "record not found" in ctl.refused(1, "delete", "test.gone", "k")
    outcome = ctl.any("exists", "test.gone", "k", "--json")
    assert outcome.status == 1 and outcome.json == {"exists": False}


def test_scan(ctl):
    for number in range(20):
        ctl("put", "test.scan", str(number), f"n={number}", "even=" + json.dumps(number % 2 == 0), "--store-key")
    rows = [json.loads(line) for line in ctl("scan", "test.scan").lines]
    assert sorted(row["key"] for row in rows) == list(range(20))
    assert all(row["bins"] == {"n": row["key"], "even": row["key"] % 2 == 0} for row in rows)
    assert len(ctl("scan", "test.scan", "--limit", "7").lines) == 7
    bare = [json.loads(line) for line in ctl("scan", "test.scan", "--no-bins").lines]
    assert len(bare) == 20 and not any("bins" in row for row in bare)
    assert all(json.loads(line)["bins"].keys() == {"n"} for line in ctl("scan", "test.scan", "--bin", "n").lines)
    digest = rows[0]["digest"]
    assert ctl("get", "test.scan", f"digest:{digest}", "--json").json["bins"] == rows[0]["bins"]
    assert "'nope' is not known" in ctl.refused(1, "scan", "nope")
    assert len(ctl("scan", "test.nobody").lines) == 0


def test_queries(ctl):
    ctl("put", "test.asked", "k", "a=1")
    ctl("scan", "test.asked")
    jobs = [job for job in ctl("queries", "--json").json if job.get("set") == "asked"]
    assert len(jobs) == 1 and jobs[0]["recs-succeeded"] == 1 and jobs[0]["status"] == "done(ok)", jobs
    assert jobs[0]["trid"] in ctl("queries").out
    assert "id not active" in ctl.refused(1, "queries", "abort", jobs[0]["trid"])
    assert ctl("queries", "abort", "--all").out == "OK - number of queries killed: 0\n"


def test_abort_stops_a_running_scan(ctl):
    for number in range(4):
        ctl("put", "test.slow", str(number), "a=1")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CAIRN")}
    scan = subprocess.Popen([ctl.program, "-H", f"127.0.0.1:{ctl.port}", "scan", "test.slow", "--rate", "1"],
                            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(1000):
            running = [job for job in ctl("queries", "--json").json
                       if job.get("set") == "slow" and job["status"].startswith("active")]
            if running or scan.poll() is not None:
                break
        assert running, "the scan is not listed while it runs"
        assert "told to stop" in ctl("queries", "abort", running[0]["trid"]).out
        said = scan.communicate(timeout=TIMEOUT_S)[1]
    finally:
        scan.kill()
    assert scan.returncode == 1 and "aborted (error 15)" in said, said


def test_truncate_asks_first(ctl):
    ctl("put", "test.cut", "k", "a=1")
    assert "--yes" in ctl.refused(1, "truncate", "test", "cut")
    for answer, status in ((b"n\n", 1), (b"y\n", 0)):
        ours, theirs = pty.openpty()
        try:
            os.write(ours, answer)
            outcome = ctl.any("truncate", "test", "cut", stdin=theirs)
        finally:
            os.close(ours)
            os.close(theirs)
        assert "(it has 1 in all)? [y/N]" in outcome.err and outcome.status == status, outcome
        assert ctl.any("exists", "test.cut", "k").status == 1 - status


def test_truncate(ctl):
    ctl("put", "test.old", "k", "a=1")
    assert "last written before" in ctl("truncate", "test", "old", "--before", "1h", "--yes").out
    assert ctl("exists", "test.old", "k").out == "yes\n"
    assert ctl("truncate", "test", "old", "-y", "--json").json["objects_before"] == 1
    assert ctl.any("exists", "test.old", "k").status == 1
    ctl("put", "other", "k", "a=1")
    ctl("truncate", "other", "--yes")
    assert ctl.any("exists", "other", "k").status == 1
    assert "no set 'nope'" in ctl.refused(1, "truncate", "test", "nope", "--yes")
    assert "no namespace 'nope'" in ctl.refused(1, "truncate", "nope", "--yes")
    assert "future" in ctl.refused(1, "truncate", "test", "--before", "2999-01-01", "--yes")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", metavar="PART", default="", help="only tests whose name contains this")
    build = os.environ.get("CAIRN_BUILD_RELEASE", str(ROOT / "build/release"))
    parser.add_argument("--server", default=f"{build}/bin/cairnd", help="the cairnd to run")
    parser.add_argument("--program", default=f"{build}/bin/cairnctl", help="the cairnctl to run")
    options = parser.parse_args()
    with Server(options.server, NAMESPACES) as server:
        ctl = Ctl(options.program, server.port)
        tests = tests_named(sys.modules[__name__], options.k)
        return run_tests([(name, functools.partial(test, ctl)) for name, test in tests])


if __name__ == "__main__":
    sys.exit(main())

"""The test suite that the Go client's module carries, against our server. See go-suite.md."""
import json
import os
import pathlib
import subprocess

import clients

HERE = pathlib.Path(__file__).resolve().parent
PASSING = HERE / "go-suite-passing.txt"
SUITE_S = 1200  # 1 to 5 minutes when nobody else works on the machine
MODULE = "github.com/aerospike/aerospike-client-go/v8"

# The files of the suite that talk to a server about what ours has. go-suite.md says why the others are left out.
FILES = ["anonymous_fields_test.go", "batch_test.go", "cdt_bitwise_test.go", "cdt_list_test.go", "cdt_map_test.go",
         "client_object_test.go", "client_reflect_test.go", "client_test.go", "complex_index_test.go", "complex_query_test.go",
         "connection_test.go", "exp_bit_test.go", "exp_hll_test.go", "exp_list_test.go", "exp_map_test.go", "exp_ops_test.go",
         "expression_ops_test.go", "expression_test.go", "geo_test.go", "hll_operation_test.go", "index_test.go",
         "load_test.go", "node_test.go", "query_aggregate_test.go", "query_context_test.go", "query_test.go",
         "random_operation_test.go", "recordset_test.go", "scan_test.go", "secondary_index_test.go", "truncate_test.go",
         "udf_test.go"]


def run(cache):
    clients.go_tool()
    source, program, report = HERE / "go", cache / "suite.test", cache / "report.json"
    environment = dict(os.environ, GOTOOLCHAIN="local")
    done = subprocess.run(["go", "test", "-c", "-mod=readonly", "-o", program, MODULE], cwd=source, text=True, env=environment,
                          capture_output=True, timeout=clients.INSTALL_S)
    if done.returncode:
        raise RuntimeError("the suite does not build:\n" + done.stdout + done.stderr)
    folder = subprocess.run(["go", "list", "-m", "-f", "{{.Dir}}", MODULE], cwd=source, text=True, env=environment,
                            capture_output=True, check=True).stdout.strip()

    def run_suite(environment, arguments, results):
        report.unlink(missing_ok=True)
        command = [program, "-h", "127.0.0.1", "-p", environment["CAIRN_PORT"], "-test.run", "TestAerospike",
                   "-ginkgo.no-color", "-ginkgo.succinct", f"-ginkgo.json-report={report}",
                   *(f"-ginkgo.focus-file=/{name}$" for name in FILES), *(f"-ginkgo.focus={word}" for word in arguments)]
        output, status = clients.output_of(command, environment, SUITE_S, cwd=folder)
        if not report.is_file():
            results.fail("the suite", f"status {status}\n{output[-3000:]}")
            return
        judge(outcomes(json.loads(report.read_text())), results, bool(arguments))
    return run_suite


def outcomes(report):
    """By name of a spec: (state, message). A name that several specs share passes when all of them do."""
    found = {}
    for suite in report:
        for spec in suite["SpecReports"]:
            if spec["LeafNodeType"] != "It" or not in_chosen_file(spec):
                continue
            name = " / ".join([*(spec["ContainerHierarchyTexts"] or []), spec["LeafNodeText"]])
            failure = spec.get("Failure") or {}
            outcome = (spec["State"], failure.get("Message", ""))
            if name not in found or found[name][0] == "passed":
                found[name] = outcome
    return found


def in_chosen_file(spec):
    return pathlib.Path(spec["LeafNodeLocation"]["FileName"]).name in FILES


def judge(found, results, partial):
    """What passed once must pass. What never passed is counted as skipped: go-suite.md says why it does not."""
    passing = [line for line in PASSING.read_text().splitlines() if line and not line.startswith("#")]
    for name in passing:
        state, message = found.pop(name, ("not run", ""))
        if state == "passed":
            results.pass_(name)
        elif not (partial and state in ("not run", "skipped")):
            results.fail(name, f"{state}\n{message}")
    for name, (state, message) in sorted(found.items()):
        if state == "passed":
            results.pass_(f"{name} (new: add it to {PASSING.name})")
        elif not partial or state != "skipped":
            results.skip(name, f"{state}, see go-suite.md")

"""The five clients: how each is installed, and how its test program is run and read.

Each function installs into the cache folder what is not there yet and returns a function that runs the tests:
run(environment, arguments, results). It raises Unavailable when the machine has no suitable toolchain."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from results import Unavailable

HERE = pathlib.Path(__file__).resolve().parent
RUN_S = 300
INSTALL_S = 1200


def version_of(command, pattern, at_least, need):
    """Raises Unavailable unless the command is there, and tells a version of at least that tuple."""
    if not shutil.which(command[0]):
        raise Unavailable(f"there is no {command[0]}; needs {need}")
    told = subprocess.run(command, capture_output=True, text=True)
    found = re.search(pattern, told.stdout + told.stderr)
    if not found or tuple(int(part) for part in found.groups()) < at_least:
        raise Unavailable(f"{command[0]} is {found.group(0) if found else 'of unknown version'}; needs {need}")


def install(stamp, sources, commands, **options):
    """Runs the commands unless they ran before with the same contents of the source files."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_S, stdin=subprocess.DEVNULL, **options)
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    stamp.write_text(digest)


def output_of(command, environment, limit_s=RUN_S, **options):
    """What the command prints, and whether it ended well; its error output goes through."""
    try:
        done = subprocess.run(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=limit_s, stdin=subprocess.DEVNULL, errors="replace", **options)
        return done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        out = error.stdout or b""
        return (out.decode(errors="replace") if isinstance(out, bytes) else out), f"no end within {limit_s} s"


def read_lines(output, status, results):
    """Programs that print PASS name, FAIL name, SKIP name: reason, with indented reasons below."""
    cases, lines = 0, output.splitlines()
    for i, line in enumerate(lines):
        kind, _, rest = line.partition(" ")
        if kind not in ("PASS", "FAIL", "SKIP"):
            continue
        cases += 1
        if kind == "PASS":
            results.pass_(rest)
        elif kind == "SKIP":
            results.skip(*rest.partition(": ")[::2])
        else:
            reason = []
            for below in lines[i + 1:]:
                if not below.startswith("    "):
                    break
                reason.append(below[4:])
            results.fail(rest, "\n".join(reason))
    check_end(cases, "FAIL " in output, output, status, results)


def check_end(cases, any_failed, output, status, results):
    """A program that ended badly without a failed case, or ran nothing, has failed itself."""
    if cases == 0 or (status != 0 and not any_failed):
        results.fail("the program", f"status {status}, {cases} cases\n" + output[-3000:])


def python(cache):
    source = HERE / "python"
    if sys.version_info < (3, 9):
        raise Unavailable("needs Python 3.9 or newer")
    venv = cache / "venv"
    install(cache / "stamp", [source / "requirements.txt"], [
        [sys.executable, "-m", "venv", "--clear", venv],
        [venv / "bin" / "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:", "--requirement",
         source / "requirements.txt"]])

    def run(environment, arguments, results):
        output, status = output_of([venv / "bin" / "python", "-B", source / "main.py", *arguments], environment, cwd=cache)
        read_lines(output, status, results)
    return run


def go_tool():
    version_of(["go", "version"], r"go(\d+)\.(\d+)", (1, 24), "Go 1.24 or newer")


def go(cache, package="."):
    go_tool()
    source, program = HERE / "go", cache / "conformance.test"
    done = subprocess.run(["go", "test", "-c", "-mod=readonly", "-o", program, package], cwd=source, text=True, capture_output=True,
                          env=dict(os.environ, GOTOOLCHAIN="local"), timeout=INSTALL_S)
    if done.returncode:
        raise RuntimeError("the Go tests do not build:\n" + done.stdout + done.stderr)

    def run(environment, arguments, results):
        output, status = output_of(["go", "tool", "test2json", program, "-test.v=test2json",
                                    *(f"-test.run={word}" for word in arguments[:1])], environment, cwd=source)
        said, cases, failed = {}, 0, False
        for line in output.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                continue
            test, action = event.get("Test"), event["Action"]
            if not test:
                continue
            if action == "output":
                said.setdefault(test, []).append(event["Output"])
            elif action in ("pass", "fail", "skip"):
                cases += 1
                if action == "pass":
                    results.pass_(test)
                elif action == "fail":
                    failed = True
                    results.fail(test, "".join(said.get(test, [])))
                else:
                    results.skip(test, "".join(said.get(test, [])).strip())
        check_end(cases, failed, output, status, results)
    return run


def node(cache):
    version_of(["node", "--version"], r"v(\d+)", (20,), "Node 20 or newer, for the client's prebuilt library")
    version_of(["npm", "--version"], r"(\d+)", (9,), "npm")
    source = HERE / "node"
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, cache / name)
    install(cache / "stamp", [source / "package-lock.json"],
            [["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]], cwd=cache)

    def run(environment, arguments, results):
        environment = dict(environment, NODE_PATH=str(cache / "node_modules"))
        output, status = output_of(
            ["node", "--test", "--test-reporter=tap", *(f"--test-name-pattern={word}" for word in arguments),
             *sorted(source.glob("*.test.js"))], environment, cwd=source)
        cases, failed, lines = 0, False, output.splitlines()
        for i, line in enumerate(lines):
            found = re.match(r"(not ok|ok) \d+ - (.*?)( # SKIP.*)?$", line)
            if not found:
                continue
            cases += 1
            if found.group(3):
                results.skip(found.group(2), found.group(3)[8:].strip())
            elif found.group(1) == "ok":
                results.pass_(found.group(2))
            else:
                failed = True
                end = next((j for j in range(i, len(lines)) if lines[j] == "  ..."), i)
                results.fail(found.group(2), "\n".join(lines[i + 1:end]))
        check_end(cases, failed, output, status, results)
    return run


def java(cache):
    version_of(["javac", "-version"], r"javac (\d+)", (17,), "a JDK of 17 or newer")
    version_of(["mvn", "--version"], r"Maven (\d+)\.(\d+)", (3, 6), "Maven")
    source, libraries, classes = HERE / "java", cache / "lib", cache / "classes"
    install(cache / "stamp", [source / "pom.xml"], [
        ["mvn", "--batch-mode", "--quiet", "--file", source / "pom.xml", "dependency:copy-dependencies",
         f"-DoutputDirectory={libraries}"]])
    files = sorted(source.glob("*.java"))
    install(cache / "compiled", files,
            [["javac", "-Xlint:all", "-cp", f"{libraries}/*", "-d", classes, *files]])

    def run(environment, arguments, results):
        output, status = output_of(["java", "-Xshare:auto", "-cp", f"{classes}:{libraries}/*", "Main", *arguments], environment)
        read_lines(output, status, results)
    return run


def rust(cache):
    version_of(["cargo", "--version"], r"(\d+)\.(\d+)", (1, 87), "Rust 1.87 or newer")
    source = HERE / "rust"
    cargo = ["cargo", "test", "--locked", "--quiet", "--manifest-path", source / "Cargo.toml", "--target-dir", cache]
    install(cache / "stamp", [source / "Cargo.lock", source / "Cargo.toml", *sorted(source.glob("tests/*.rs"))],
            [[*cargo, "--no-run"]])

    def run(environment, arguments, results):
        output, status = output_of([*cargo[:-4], *cargo[-4:], "--", "--format=pretty", *arguments], environment)
        cases, failed = 0, False
        for name, verdict in re.findall(r"^test (\S+) \.\.\. (\w+)", output, re.MULTILINE):
            cases += 1
            if verdict == "ok":
                results.pass_(name)
            elif verdict == "ignored":
                results.skip(name, "ignored")
            else:
                failed = True
                reason = re.search(rf"^---- {name} stdout ----\n(.*?)\n\n", output, re.MULTILINE | re.DOTALL)
                results.fail(name, reason.group(1) if reason else "")
        check_end(cases, failed, output, status, results)
    return run

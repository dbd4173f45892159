"""tests/fuzz/run [TARGET...|live]: each libFuzzer target for CAIRN_FUZZ_SECONDS, two at a time (60 for what reads a
client's bytes first, 20 for the others); then mutated requests to a live server: CAIRN_FUZZ_FRAMES (1,000,000), with
CAIRN_FUZZ_SEED (1). What a run has found stays in the build directory, fuzz-found/ and fuzz-failed/."""
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

import corpora
import golden

sys.path.insert(0, str(golden.HERE.parent / "vectors"))
from server import Server, ServerFailed  # noqa: E402

FRONT = ("proto", "message", "info", "msgpack", "config")
FRAMES = int(os.environ.get("CAIRN_FUZZ_FRAMES", "1000000"))
SEED = os.environ.get("CAIRN_FUZZ_SEED", "1")
BUILD_FUZZ = corpora.BUILD
BUILD_DEV = pathlib.Path(os.environ.get("CAIRN_BUILD_DEV", corpora.ROOT / "build/dev"))
FAILED = BUILD_FUZZ / "fuzz-failed"

# Little quarantine, and freed pages go back soon: what stays resident then is what the server holds.
LIVE_ASAN = "quarantine_size_mb=4:thread_local_quarantine_size_kb=64:allocator_release_to_os_interval_ms=500"
NAMESPACES = """- {name: test, default-ttl: 0, nsup-period: 120, storage-engine: {type: memory, data-size: 1G}}
- {name: bar, nsup-period: 0, allow-ttl-without-nsup: false, storage-engine: {type: memory, data-size: 1G}}
- {name: canary, nsup-period: 0, storage-engine: {type: memory, data-size: 64M}}"""


def fuzz(target):
    """Whether the target found nothing, and its last lines."""
    seconds = int(os.environ.get("CAIRN_FUZZ_SECONDS") or (60 if target in FRONT else 20))
    found = BUILD_FUZZ / "fuzz-found" / target
    found.mkdir(parents=True, exist_ok=True)
    command = [BUILD_FUZZ / "bin" / f"fuzz_{target}", f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=3000",
               "-max_len=8192", "-print_final_stats=1", f"-artifact_prefix={FAILED}/{target}-", found]
    corpus = golden.HERE / "corpus" / target
    if corpus.is_dir():
        command.append(corpus)
    dictionary = golden.HERE / "dictionaries" / f"{target}.dict"
    if dictionary.exists():
        command.append(f"-dict={dictionary}")
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds * 3 + 300)
    except subprocess.TimeoutExpired:
        return False, "it did not end by itself"
    lines = done.stderr.splitlines()
    runs = [line.split()[-1] for line in lines if "number_of_executed_units" in line]
    coverage = [line.split("cov: ")[1].split()[0] for line in lines if " cov: " in line]
    summary = f"{runs[-1] if runs else '?'} runs, {coverage[-1] if coverage else '?'} edges"
    return done.returncode == 0, summary if done.returncode == 0 else "\n".join(lines[-60:])


def live():
    with tempfile.TemporaryDirectory() as scratch:
        frames = pathlib.Path(scratch) / "golden"
        golden.write_live_file(frames)
        os.environ["ASAN_OPTIONS"] = LIVE_ASAN
        last = FAILED / f"live-{SEED}.frames"
        try:
            with Server(BUILD_DEV / "bin/cairnd", NAMESPACES) as server:
                done = subprocess.run([BUILD_DEV / "bin/fuzz_live", str(server.port), str(server.pid), str(FRAMES),
                                       SEED, frames, last])
        except ServerFailed as failure:
            return print(f"FAIL live: {failure}") is not None
    return done.returncode == 0


def main():
    chosen = sys.argv[1:] or [*corpora.targets(), "live"]
    FAILED.mkdir(parents=True, exist_ok=True)
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as pool:
        fuzzed = [target for target in chosen if target != "live"]
        for target, (good, text) in zip(fuzzed, pool.map(fuzz, fuzzed)):
            print(f"{'PASS' if good else 'FAIL'} {target}: {text}", flush=True)
            passed, failed = passed + good, failed + (not good)
    if "live" in chosen:
        good = live()
        passed, failed = passed + good, failed + (not good)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

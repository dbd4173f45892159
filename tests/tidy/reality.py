"""Clocks, chance, threads, sockets and files come in by constructor: only common/runtime/asio touches the real ones."""
import re

from exceptions import EXCEPTIONS, PROGRAMS
from tree import Finding, includes, without_comments

REAL_MACHINE = "common/runtime/asio/"

# Of Asio, the interfaces in common/runtime use coroutines and executors; all the rest is timers and sockets.
ASIO_ALLOWED = re.compile(
    r"asio/(awaitable|use_awaitable|co_spawn|detached|deferred|async_result|any_io_executor|any_completion_handler|"
    r"this_coro|post|dispatch|defer|execution|execution/.*|execution_context|associated_\w+|bind_\w+|error|error_code)"
    r"\.hpp")

HEADERS = {
    "clock": r"ctime|time\.h|sys/time\.h|sys/timerfd\.h",
    "chance": r"random|sys/random\.h|openssl/rand\.h",
    "thread": r"thread|future|condition_variable|semaphore|barrier|latch|stop_token|pthread\.h|sched\.h|threads\.h",
    "socket": r"sys/socket\.h|sys/epoll\.h|sys/select\.h|sys/un\.h|sys/eventfd\.h|sys/uio\.h|poll\.h|netinet/.*|arpa/.*|"
              r"netdb\.h|ifaddrs\.h|net/.*|liburing\.h|httplib\.h",
    "file": r"fstream|filesystem|fcntl\.h|unistd\.h|sys/stat\.h|sys/mman\.h|sys/file\.h|dirent\.h|aio\.h",
    "output": r"iostream|ostream",
}
# A call by its bare or global name; a method or a function of another namespace may be called the same.
BARE = r"(?<![\w.>:])(?:::|std::)?"
GLOBAL = r"(?<![\w>:])::"
CALLS = {
    "clock": r"\b(?:system|steady|high_resolution|utc|tai|file)_clock\b|\bsleep_(?:for|until)\b|" + BARE +
             r"(?:clock_gettime|gettimeofday|timespec_get|nanosleep|usleep)\s*\(|" + BARE +
             r"time\s*\(\s*(?:nullptr|NULL|0|&\w+)\s*\)|" + r"(?<![\w>:])(?:std)?::clock\s*\(",
    "chance": r"\brandom_device\b|\bmt19937(?:_64)?\b|\bdefault_random_engine\b|\bRAND_bytes\b|" + BARE +
              r"(?:s?rand|drand48|getrandom|getentropy|arc4random\w*)\s*\(",
    "thread": r"\bstd::(?:jthread|thread|async|condition_variable\w*)\b|\bthis_thread\b|\bthread_local\b|\bpthread_create\b|" +
              BARE + r"v?fork\s*\(",
    "socket": GLOBAL + r"(?:socket|connect|accept4?|bind|listen|send|recv|sendto|recvfrom|sendmsg|recvmsg|poll|select)\s*\(|"
              r"\bepoll_(?:create1?|ctl|wait)\b|\bgetaddrinfo\b|\bio_uring_\w+",
    "file": r"\bstd::(?:basic_)?[io]?fstream\b|\bfilesystem::|\b(?:f|fd|fre|p)open\s*\(|" + GLOBAL +
            r"(?:open|openat|creat|read|write|pread|pwrite|unlink|rename|mkdir|rmdir|truncate|ftruncate|fsync|fdatasync)\s*\(|" +
            BARE + r"(?:mmap|munmap|madvise|opendir|tmpfile|mkstemp)\s*\(",
    "output": r"\bstd::(?:cout|cerr|clog)\b|" + BARE + r"(?:f?printf|puts|fputs|fputc|putchar|fwrite|perror)\s*\(",
    "environment": BARE + r"(?:secure_)?getenv\s*\(|\bsetenv\s*\(",
}
HEADERS = {kind: re.compile(pattern) for kind, pattern in HEADERS.items()}
CALLS = {kind: re.compile(pattern) for kind, pattern in CALLS.items()}


def uses(text):
    """(line, kind, what) of everything real that the file touches."""
    for line, quote, name in includes(text):
        if quote == "<" and name.startswith("asio"):
            if not ASIO_ALLOWED.fullmatch(name):
                yield line, "socket", f"<{name}>"
            continue
        for kind, pattern in HEADERS.items():
            if quote == "<" and pattern.fullmatch(name):
                yield line, kind, f"<{name}>"
    for line, code in enumerate(without_comments(text).splitlines(), 1):
        if code.lstrip().startswith("#"):
            continue
        for kind, pattern in CALLS.items():
            for match in pattern.finditer(code):
                yield line, kind, match.group(0).rstrip("( ")


def check(tree, exceptions=EXCEPTIONS):
    used = set()
    for path in tree.product_files():
        if path.startswith(REAL_MACHINE):
            continue
        for line, kind, what in uses(tree.text(path)):
            covering = [e for e in exceptions
                        if kind in e[1] and (path == e[0] or e[0].endswith("/") and path.startswith(e[0]))]
            used.update((e[0], kind) for e in covering)
            if covering or kind in PROGRAMS and path in tree.program_sources:
                continue
            yield Finding(path, line, "reality",
                          f"{what}: a real {kind} is used only in {REAL_MACHINE} (exceptions: tests/tidy/exceptions.py)")
    for where, kinds, _ in exceptions:
        there = any(path == where or path.startswith(where) for path in tree.product_files())
        for kind in sorted(kinds) if there else ():
            if (where, kind) not in used:
                yield Finding("tests/tidy/exceptions.py", 0, "reality",
                              f"the exception of {where} for '{kind}' is no longer needed: take it out", warning=True)

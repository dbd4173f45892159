"""Where the rule 'nothing real outside common/runtime/asio' has an exception, and why. One that is not used fails."""

# (path or folder with its slash, kinds, reason)
EXCEPTIONS = [
    ("common/base/check.cc", {"output"}, "the last words before abort()"),
    ("common/http/", {"thread", "socket"}, "wraps cpp-httplib, which has its own listener threads and sockets"),
    ("node/backup/secrets.cc", {"chance", "environment"}, "keys of backups: OpenSSL's own chance, and a variable that holds one"),
    ("node/backup/local_store.cc", {"file"}, "backup files, written and read in order by programs of their own"),
    ("node/index/", {"file"}, "the arena asks the kernel for its memory with mmap"),
    ("node/stores.cc", {"chance", "environment"}, "keys: OpenSSL's own chance for new ones, and a variable that holds one"),
    ("node/tools/main.cc", {"file"}, "isatty: asks whether somebody sits at standard input"),
]
# Sources of cairn_program may do this much: they build the real world and hand it in.
PROGRAMS = {"environment", "output"}

"""Runs the first Python example of README.md as it is written there, against a server of its own."""
import pathlib
import re

import clients
from results import Unavailable

README = pathlib.Path(__file__).resolve().parent.parent.parent / "README.md"
PORT = 3000


def example(text):
    """The first ```python block."""
    found = re.search(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else None


def run(cache):
    if not README.is_file():
        raise Unavailable("there is no README.md")
    code = example(README.read_text())
    if code is None:
        raise Unavailable("README.md has no ```python block")
    clients.python(cache.parent / "python")  # the client, installed
    python = cache.parent / "python" / "venv" / "bin" / "python"

    def run_example(environment, _, results):
        # The block names the port of a server started by ./run; this one listens elsewhere.
        written = re.sub(rf"\b{PORT}\b", environment["CAIRN_PORT"], code)
        if written == code:
            results.fail("the Python example", f"it names no port {PORT}:\n{code}")
            return
        output, status = clients.output_of([python, "-c", written], environment)
        if status == 0:
            results.pass_("the Python example")
        else:
            results.fail("the Python example", f"status {status}\n{output}\n{written}")
    return run_example

"""Runs a command in a terminal of its own, types Ctrl-C once it says that it runs, and exits as it does."""

import os
import pty
import sys

child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
printed = b""
typed = False
while True:
    try:
        chunk = os.read(terminal, 4096)
    except OSError:
        break
    if not chunk:
        break
    printed += chunk
    if b"runs" in printed and not typed:
        typed = True
        os.write(terminal, b"\x03")
sys.stdout.buffer.write(printed)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

"""Runs MiniStack, put right where it differs from AWS, until standard input ends.

It ends when the process that started this one is gone, however it went: even when it is killed, no emulator and no
Lambda worker stays behind.
"""

import json
import os
import signal
import threading

from emulator_corrections import correct
from emulator_guard import guard
from emulator_metering import delay_streams, meter, repeat_batches
from ministack.app import main


def end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


correct(lambda_log=os.environ.pop("HOTWORK_LAMBDA_LOG"))
if invocations := os.environ.pop("HOTWORK_INVOCATIONS", None):
    meter(url=os.environ["AWS_ENDPOINT_URL"], invocations=invocations)
if repeats := os.environ.pop("HOTWORK_REPEATS", None):
    repeat_batches(**json.loads(repeats))
if milliseconds := os.environ.pop("HOTWORK_STREAM_DELAY", None):
    delay_streams(float(milliseconds))
guard()
threading.Thread(target=end_with_parent, daemon=True).start()
main()

"""What the call meter (call-meter.ts) needs of MiniStack: that every call passes it, and that callers say who they are."""

import functools
from urllib.parse import urlparse

from ministack.core import lambda_runtime
from ministack.services import lambda_svc, sqs

# The SDK takes no longer name, and warns.
LONGEST_APP_ID = 50


def meter(url: str, invocations: str) -> None:
    """Sends Lambdas' calls of SQS to `url` too, and appends each invoked function's name to the file `invocations`."""
    address_queues(url)
    name_callers()
    write_invocations(invocations)


def address_queues(url: str) -> None:
    """An SDK that AWS_ENDPOINT_URL sends elsewhere calls a queue at the address in the queue's own URL all the same."""
    sqs.DEFAULT_PORT = str(urlparse(url).port)


def name_callers() -> None:
    """An SDK puts its application's id, here the function's name, into the user agent of each call."""
    credentials = lambda_runtime.execution_credentials

    @functools.wraps(credentials)
    def credentials_and_name(config):
        name = config.get("FunctionName", "unknown")
        return {**credentials(config), "AWS_SDK_UA_APP_ID": name[:LONGEST_APP_ID]}

    lambda_runtime.execution_credentials = credentials_and_name


def write_invocations(path: str) -> None:
    """Streams, queues, rules and workflows invoke inside the emulator, where no proxy can count them."""
    emit = lambda_svc._emit_lambda_logs

    @functools.wraps(emit)
    def emit_and_count(func, *args, **kwargs):
        name = (func.get("config") or func).get("FunctionName", "unknown")
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{name}\n")
        return emit(func, *args, **kwargs)

    lambda_svc._emit_lambda_logs = emit_and_count

"""What the call meter (call-meter.ts) needs of MiniStack: that every call passes it, and that callers say who they are."""

import functools
import itertools
import random
import threading
import time
from urllib.parse import urlparse

from emulator_corrections import name_of, replace
from ministack.core import lambda_runtime
from ministack.services import dynamodb, lambda_svc, sqs

# The SDK takes no longer name, and warns.
LONGEST_APP_ID = 50


def meter(url: str, invocations: str) -> None:
    """Sends Lambdas' calls of SQS to `url` too, and appends each invoked function's name to the file `invocations`."""
    # An SDK that AWS_ENDPOINT_URL sends elsewhere calls a queue at the address in the queue's own URL all the same.
    sqs.DEFAULT_PORT = str(urlparse(url).port)
    replace(lambda_runtime, "execution_credentials", name_caller)
    replace(lambda_svc, "_emit_lambda_logs", functools.partial(write_invocation, invocations))


def name_caller(credentials, config):
    """An SDK puts its application's id, here the function's name, into the user agent of each call."""
    return {**credentials(config), "AWS_SDK_UA_APP_ID": config.get("FunctionName", "unknown")[:LONGEST_APP_ID]}


def write_invocation(path, emit, func, *args, **kwargs):
    """Streams, queues, rules and workflows invoke inside the emulator, where no proxy can count them."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"{name_of(func)}\n")
    return emit(func, *args, **kwargs)


def repeat_batches(share: float, seed: int, file: str) -> None:
    """Gives functions that share of the batches of streams and queues twice, and appends a line to `file` for each."""
    chance = random.Random(seed)

    def execute(run, func, config, event, *args, **kwargs):
        result = run(func, config, event, *args, **kwargs)
        records = event.get("Records") if isinstance(event, dict) else None
        source = records[0].get("eventSource") if records else None
        if source not in ("aws:dynamodb", "aws:sqs") or result.get("error") or chance.random() >= share:
            return result
        with open(file, "a", encoding="utf-8") as repeated:
            repeated.write(f"{source} {name_of(func)}\n")
        return run(func, config, event, *args, **kwargs)

    replace(lambda_svc, "_execute_function_dispatch", execute)


# The account, region and mapping for which a thread reads streams.
reader = threading.local()
SECONDS_BETWEEN_READS = 0.02


def delay_streams(milliseconds: float) -> None:
    """Hands a record of a table's stream on after so long, and reads for each mapping by itself, as AWS does."""
    replace(dynamodb, "stream_records_since", functools.partial(withhold_new_records, milliseconds))
    replace(lambda_svc, "_iter_all_esms", tell_own_mapping)
    replace(lambda_svc, "_poll_dynamodb_streams", functools.partial(read_for_each_mapping, set()))


def withhold_new_records(milliseconds, read, *args, **kwargs):
    """A sequence number begins with the time at which the record was made."""
    latest = time.time() * 1000 - milliseconds
    return list(itertools.takewhile(lambda record: int(record["dynamodb"]["SequenceNumber"][:20]) <= latest,
                                    read(*args, **kwargs)))


def tell_own_mapping(mappings):
    own = getattr(reader, "mapping", None)
    return [own] if own else mappings()


def read_for_each_mapping(known, poll) -> bool:
    """MiniStack reads for one mapping after another, so that each waits for the Lambdas of all others."""
    for mapping in lambda_svc._iter_all_esms():
        if ":dynamodb:" in mapping[2].get("EventSourceArn", "") and mapping[2]["UUID"] not in known:
            known.add(mapping[2]["UUID"])
            threading.Thread(target=read_for, args=(poll, mapping), daemon=True).start()
    return False


def read_for(poll, mapping) -> None:
    reader.mapping = mapping
    while True:
        if not poll():
            time.sleep(SECONDS_BETWEEN_READS)

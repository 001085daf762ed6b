"""A training step's rollouts through the deployed grader at once: how many a second, and what a thousand cost.

Seconds are those of the embedded AWS on this machine, whose emulator passes every call on; AWS starts as many copies of
the function as calls come at once. The price is of the time that the function itself took.
"""

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from msgspec import Struct

from bench.billing import billed_calls
from bench.grader import PER_CALL, TASK, rollouts_of
from bench.timing import Times, times_of
from local.deploy import bootstrap, deploy
from local.embedded import EmbeddedAws
from rft import names
from rft.cli.target import ROOT, choose_settings

ROLLOUTS = 1_024  # Bedrock's defaults: 128 prompts, 8 rollouts of each
AT_ONCE = 8  # calls


class Load(Struct, frozen=True, kw_only=True):
    """What a step's rollouts showed."""

    rollouts: int
    per_call: int
    at_once: int
    memory_mb: int
    seconds: Times  # of all rollouts of a step
    seconds_of_a_call: float  # median
    billed_seconds_of_a_call: float  # mean
    usd_per_1000: float

    @property
    def rollouts_a_second(self) -> float:
        """In the fastest step."""
        return self.rollouts / self.seconds.minimum


def measure(*, repeats: int) -> Load:
    """Deploy, start the function's copies with a first step, then time ``repeats`` steps."""
    rollouts = rollouts_of(TASK, ROLLOUTS)
    events = [json.dumps(rollouts[start : start + PER_CALL]).encode() for start in range(0, ROLLOUTS, PER_CALL)]
    with EmbeddedAws() as aws:
        bootstrap(aws)
        deploy(aws)
        prefix = choose_settings("local", root=ROOT, find_embedded=aws.environment).prefix
        function = names.grader_name(prefix, TASK)
        client = aws.client("lambda")

        def call(event: bytes) -> float:
            started = time.perf_counter()
            answer = client.invoke(FunctionName=function, Payload=event)
            if answer.get("FunctionError") or len(json.loads(answer["Payload"].read())) != PER_CALL:
                raise RuntimeError(f"{function} did not score the rollouts")
            return time.perf_counter() - started

        steps: list[float] = []
        calls: list[float] = []
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(call, events))
            since_ms = int(time.time() * 1000)
            for _ in range(repeats):
                started = time.perf_counter()
                calls += pool.map(call, events)
                steps.append(time.perf_counter() - started)
        billed = billed_calls(aws, since_ms, prefix=f"/aws/lambda/{function}")
        memory_mb: int = client.get_function_configuration(FunctionName=function)["MemorySize"]
    return Load(
        rollouts=ROLLOUTS,
        per_call=PER_CALL,
        at_once=AT_ONCE,
        memory_mb=memory_mb,
        seconds=times_of(steps),
        seconds_of_a_call=statistics.median(calls),
        billed_seconds_of_a_call=statistics.fmean(one.seconds for one in billed),
        usd_per_1000=statistics.fmean(one.usd for one in billed) / PER_CALL * 1_000,
    )

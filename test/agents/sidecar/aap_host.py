"""Calls of tools that the protocol's own Python client gates: `aap_host.py BASE_URL TOKEN FOLDER STORY`, one story a run."""

import asyncio
import json
import sys
from pathlib import Path

from agentapprovalprotocol import AsyncClient, AsyncGate, Call, Client, Gate
from agentapprovalprotocol import ConflictError, CredentialRefused

base, token, folder, story = sys.argv[1:]


def write_file(path: str, content: str) -> str:
    with (Path(folder) / "ran.txt").open("a") as ran:
        ran.write(f"{content}\n")
    return f"wrote {path}"


def call(content, key=None, tool="write_file"):
    return Call(key=key or f"run-1:{content}", tool=tool, arguments={"path": "staging/aap.txt", "content": content})


def guarded(gate, asked):
    with gate.guard(asked) as verdict:
        return write_file(**asked.arguments) if verdict else verdict.reason


def by_gate():
    gate = Gate(Client(base, token), timeout="20s")
    return {
        "approved": guarded(gate, call("approve by gate")),
        "again": guarded(gate, call("approve by gate")),
        "denied": guarded(gate, call("deny by gate")),
        "unknown": guarded(gate, call("approve unknown", tool="delete_everything")),
    }


def failing():
    gate = Gate(Client(base, token), timeout="20s")
    try:
        with gate.guard(call("approve failing")):
            raise RuntimeError("the tool has failed")
    except RuntimeError as fault:
        return {"raised": str(fault)}


def restarted():
    return {"approved": guarded(Gate(Client(base, token), timeout="60s"), call("approve after the restart"))}


def too_late():
    return {"reason": guarded(Gate(Client(base, token), timeout="1s"), call("wait and see"))}


def wire():
    client = Client(base, token)
    body = {"tool": "write_file", "arguments": {"path": "staging/aap.txt", "content": "approve by wire"}, "timeout": "5m"}
    codes = []

    def refused(work):
        try:
            work()
        except ConflictError as conflict:
            codes.append(conflict.code)

    made = client.create(body, "wire-1")
    again = client.create(body, "wire-1")
    refused(lambda: client.create({**body, "timeout": "6m"}, "wire-1"))
    refused(lambda: client.report_outcome(made.id, "succeeded"))
    settled = client.get(made.id, wait=20)
    consumed = client.consume(made.id, "use-1")
    same = client.consume(made.id, "use-1")
    refused(lambda: client.consume(made.id, "use-2"))
    refused(lambda: client.cancel(made.id))
    reported = client.report_outcome(made.id, "succeeded", "by wire")
    refused(lambda: client.report_outcome(made.id, "failed"))
    pending = client.create({**body, "arguments": {**body["arguments"], "content": "wait and see"}}, "wire-2")
    cancelled = client.cancel(pending.id)
    refused(lambda: client.consume(pending.id, "use-3"))
    return {
        "same": [made.id == again.id, consumed.consumption == same.consumption],
        "statuses": [settled.status, reported.consumption.outcome.status, pending.status, cancelled.status],
        "codes": codes,
    }


def stranger():
    try:
        Client(base, "another-token").get("00000000-0000-4000-8000-000000000000")
    except CredentialRefused as refused:
        return {"refused": str(refused)}


async def pydantic_ai():
    """The adapter for Pydantic AI, under a model that is a function."""
    from agentapprovalprotocol.pydantic_ai import ApprovalCapability
    from pydantic_ai import Agent
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
    from pydantic_ai.models.function import FunctionModel

    def model(messages, info):
        told = [part.content for message in messages for part in message.parts if isinstance(part, ToolReturnPart)]
        if told:
            return ModelResponse([TextPart(json.dumps(told))])
        contents = ("approve by agent", "deny by agent")
        return ModelResponse(
            [ToolCallPart("write_file", {"path": "staging/aap.txt", "content": each}) for each in contents]
        )

    approvals = ApprovalCapability(gate=AsyncGate(AsyncClient(base, token), timeout="20s"))
    agent = Agent(FunctionModel(model), tools=[write_file], capabilities=[approvals])
    result = await agent.run("write both", conversation_id="conversation-1")
    return {"told": json.loads(result.output)}


run = {"by_gate": by_gate, "failing": failing, "restarted": restarted, "too_late": too_late, "wire": wire, "stranger": stranger}
print(json.dumps(asyncio.run(pydantic_ai()) if story == "pydantic_ai" else run[story]()))

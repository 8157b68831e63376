"""An MCP host for tests: clients of the `mcp` package or of `fastmcp`, told what to do by lines of JSON."""

import asyncio
import json
import sys


def plain(value):
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


def open_mcp(command, args, env, cwd):
    from mcp import Client, StdioServerParameters

    return Client(StdioServerParameters(command=command, args=args, env=env, cwd=cwd))


def open_fastmcp(command, args, env, cwd):
    from fastmcp import Client
    from fastmcp.client.transports import StdioTransport

    return Client(StdioTransport(command, args, env=env, cwd=cwd, keep_alive=False))


async def do(kind, client, line):
    if "tools" in line:
        found = await client.list_tools()
        return [plain(tool) for tool in (found.tools if kind == "mcp" else found)]
    name, arguments = line["call"]
    call = client.call_tool if kind == "mcp" else client.call_tool_mcp
    return plain(await call(name, arguments))


def tell(line, **answer):
    print(json.dumps({"id": line["id"], **answer}), flush=True)


async def answer(kind, client, line):
    try:
        tell(line, value=await do(kind, client, line))
    except Exception as fault:  # what a host is told, not a crash of it
        tell(line, fault=f"{type(fault).__name__}: {fault}")


async def connection(kind, lines):
    """In one task from its opening to its end, as both clients want it."""
    opened = await lines.get()
    try:
        async with (open_mcp if kind == "mcp" else open_fastmcp)(**opened["open"]) as client:
            tell(opened, value=None)
            calls = set()
            while "close" not in (line := await lines.get()):
                calls.add(asyncio.create_task(answer(kind, client, line)))
        tell(line, value=None)
    except Exception as fault:
        tell(opened, fault=f"{type(fault).__name__}: {fault}")


async def main(kind):
    read = asyncio.StreamReader(limit=2**26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(read), sys.stdin)
    connections = {}
    tasks = set()
    while text := await read.readline():
        line = json.loads(text)
        name = line["connection"]
        if name not in connections:
            connections[name] = asyncio.Queue()
            tasks.add(asyncio.create_task(connection(kind, connections[name])))
        connections[name].put_nowait(line)


asyncio.run(main(sys.argv[1]))

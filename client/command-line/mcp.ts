// Rules: test/client/command-line/examples.test.ts
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ImportTyped } from '../mcp/import/import.ts'
import type { ListenTyped } from '../mcp/listen/listen.ts'
import type { GateTyped } from '../mcp/run-gate.ts'
import { type Frame, typedOf } from './frame.ts'
import { mapInProject } from './hosts.ts'

/** The verbs that stand between an agent and an MCP server. */
export function addMcpVerbs(program: Command, frame: Frame): void {
  const mcp = frame.verb(program, 'mcp', 'an MCP server behind a gate: people decide on the calls that need a permit')
  addGate(mcp, frame)
  addMcpImport(mcp, frame)
  addMcpHeaders(mcp, frame)
}

function addMcpHeaders(mcp: Command, { verb, surroundings, done }: Frame): void {
  verb(
    mcp,
    'headers',
    'print the headers, with a workload token, for an MCP host that calls a gate at an address',
  ).action(async (...given: unknown[]) => {
    const { printHeaders } = await import('../mcp/listen/headers.ts')
    done(await printHeaders(typedOf<{ api?: string; as?: string }>(given), surroundings))
  })
}

function addGate(mcp: Command, { surroundings, done }: Frame): void {
  mcp
    .usage('[options] -- CMD...')
    .argument('[command...]', '`--`, and the server with its arguments')
    .option(
      '--map <file>',
      'the tool map: the action and purpose of each tool; without it the catalogue gives the actions',
    )
    .option(...mapInProject)
    .option('--purpose <word>', 'without a map: the purpose of the calls')
    .option('--task <id>', "without a map: the agent's parent task, such as INC-4822")
    .addOption(
      new Option(
        '--listen <port>',
        'serve agents at an address (Streamable HTTP) in place of one host on stdio',
      ).argParser(port),
    )
    .option('--address <address>', 'with --listen: the address of this machine to listen at; default loopback')
    .option('--url <url>', 'with --listen: the public address of the gate, such as https://gate.example.com/mcp')
    .option('--as-tool <tool>', 'on the local stack: the tool that the gate is; default HOTWORK_TOOL_TOKEN_FILE')
    .action(async (...given: unknown[]) => {
      // Imported lazily: only this verb needs MCP's SDK.
      const typed = typedOf<GateTyped & Partial<ListenTyped>>(given)
      const { listen } = typed
      if (listen === undefined) {
        const { runGate } = await import('../mcp/run-gate.ts')
        return done(await runGate(typed, surroundings))
      }
      const { runListening } = await import('../mcp/listen/run-listening.ts')
      return done(await runListening({ ...typed, listen }, surroundings))
    })
}

function addMcpImport(mcp: Command, { verb, surroundings, done }: Frame): void {
  verb(mcp, 'import', 'write catalogue entries and a map from the tools of an MCP server')
    .usage('[options] -- CMD...')
    .argument('<command...>', '`--`, and the server with its arguments')
    .option('--name <name>', "the prefix before the colon of each action; default the server's own name")
    .option('--out <folder>', 'the folder to write; default `mcp-NAME`')
    .option('--tool <tool>', "the gate's id in tools.json")
    .option('--group <group>', 'the group of each action, which policies name')
    .addOption(
      new Option(
        '--resource <argument...>',
        "the argument that names a tool's resource; of several, the first that a tool has",
      ),
    )
    .addOption(new Option('--max-length <n>', 'the limit of text that the server does not bound').argParser(count))
    .addOption(
      new Option('--integers <from..to>', 'the range of numbers that the server does not bound').argParser(range),
    )
    .action(async (...given: unknown[]) => {
      const { importTools } = await import('../mcp/import/import.ts')
      done(await importTools(typedOf<ImportTyped>(given), surroundings))
    })
}

function port(typed: string): number {
  if (/^\d{1,5}$/.test(typed) && Number(typed) < 65_536) return Number(typed)
  throw new InvalidArgumentError('It is a port: a whole number up to 65535; 0 chooses a free port.')
}

function count(typed: string): number {
  if (/^[1-9]\d{0,6}$/.test(typed)) return Number(typed)
  throw new InvalidArgumentError('It is a whole number, 1 or more.')
}

function range(typed: string): readonly [number, number] {
  const [, from, to] = /^(-?\d{1,15})\.\.(-?\d{1,15})$/.exec(typed) ?? []
  if (from !== undefined && to !== undefined && Number(from) <= Number(to)) return [Number(from), Number(to)]
  throw new InvalidArgumentError('It is two whole numbers, the smaller first, such as 0..1000.')
}

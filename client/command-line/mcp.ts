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
    'print the headers, with a workload token, that an MCP host sends to a gate at an address',
  ).action(async (...given: unknown[]) => {
    const { printHeaders } = await import('../mcp/listen/headers.ts')
    done(await printHeaders(typedOf<{ api?: string; as?: string }>(given), surroundings))
  })
}

function addGate(mcp: Command, { surroundings, done }: Frame): void {
  mcp
    .usage('[options] -- CMD...')
    .argument('[command...]', '`--`, and the server with its arguments')
    .option('--map <file>', 'which tool is which action, and what it is for; else the catalogue says the first')
    .option(...mapInProject)
    .option('--purpose <word>', 'without a map: what the calls are for')
    .option('--task <id>', 'without a map: what the agent works on, such as INC-4822')
    .addOption(
      new Option(
        '--listen <port>',
        'serve agents at an address (Streamable HTTP) in place of one host on stdio',
      ).argParser(port),
    )
    .option('--address <address>', 'with --listen: at which address of this machine; else loopback')
    .option('--url <url>', 'with --listen: what callers call it, such as https://gate.example.com/mcp')
    .option('--as-tool <tool>', 'on the local stack: which tool the gate is; else HOTWORK_TOOL_TOKEN_FILE')
    .action(async (...given: unknown[]) => {
      // It loads MCP's SDK, which no other verb needs.
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
    .option('--name <name>', "what stands before the colon of each action; else the server's own name")
    .option('--out <folder>', 'where to write; else `mcp-NAME`')
    .option('--tool <tool>', 'the gate, as tools.json has it')
    .option('--group <group>', 'of each action: policies are written for it')
    .addOption(
      new Option('--resource <argument...>', 'which argument names what a tool acts on; of each tool the first it has'),
    )
    .addOption(new Option('--max-length <n>', 'of text that the server does not bound').argParser(count))
    .addOption(new Option('--integers <from..to>', 'of numbers that the server does not bound').argParser(range))
    .action(async (...given: unknown[]) => {
      const { importTools } = await import('../mcp/import/import.ts')
      done(await importTools(typedOf<ImportTyped>(given), surroundings))
    })
}

function port(typed: string): number {
  if (/^\d{1,5}$/.test(typed) && Number(typed) < 65_536) return Number(typed)
  throw new InvalidArgumentError('It is a port: a whole number up to 65535; 0 is one that is free.')
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

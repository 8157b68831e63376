import { resolve } from 'node:path'
import { McpTools } from '../../functions/domain/cards/wire/task.ts'
import { Signals, withoutCredentials } from '../exec/command.ts'
import { Gate } from '../gate.ts'
import { GatedCalls } from '../gated/gated-calls.ts'
import { defined, readAnswer, send } from '../http.ts'
import { Callers } from '../identity/callers.ts'
import { type IdentityOption, isIdentified, resolveIdentity } from '../identity/identity.ts'
import { findToolIdentity } from '../identity/tool.ts'
import { Hotwork } from '../index.ts'
import { Journal } from '../journal/journal.ts'
import { exits, wrongUsage } from '../outcome.ts'
import { lines } from '../screen.ts'
import { type AgentSettings, readAgentSettings } from '../settings.ts'
import type { Surroundings } from '../surroundings.ts'
import { gatherLines } from './gather-lines.ts'
import { openGate, serverGone } from './open-gate.ts'
import { mustBeOutside, projectFolders, readToolMap, termsOf } from './tool-map.ts'
import { type Catalogued, ToolRules } from './tool-rules.ts'

export type GateTyped = {
  command: readonly string[]
  api?: string | undefined
  as?: string | undefined
  asTool?: string | undefined
  map?: string | undefined
  mapInProject?: boolean
  purpose?: string | undefined
  task?: string | undefined
}

/** `hotwork mcp -- CMD`: MCP on standard input and output, with CMD as the server behind a gate. */
export async function runGate(typed: GateTyped, surroundings: Surroundings): Promise<number> {
  const { command, map, mapInProject = false } = typed
  // The working folder is the agent's project.
  if (map !== undefined && !mapInProject)
    mustBeOutside([resolve(surroundings.folder, map)], projectFolders(surroundings))
  const { settings, rules, log, callsOf } = await prepareGate(typed, surroundings)
  const calls = await callsOf(settings.as === undefined ? undefined : { as: settings.as })
  void calls.settle().catch(() => {})
  const { StdioServerTransport } = await import('@modelcontextprotocol/server/stdio')
  const host = gatherLines(new StdioServerTransport(process.stdin, process.stdout))
  const signals = new Signals()
  try {
    // Without its own identity the agent is the AWS role, which the server could use too.
    const hasOwn = settings.as !== undefined || isIdentified(surroundings.env)
    const env = hasOwn ? surroundings.env : withoutCredentials(surroundings.env)
    const gate = await openGate(host, command, { calls, rules, log }, { ...surroundings, env })
    const gone = await Promise.race([gate.closed, signals.stopped])
    await gate.end()
    await host.close()
    if (gone === 'server') throw serverGone()
    return exits.done
  } finally {
    signals.close()
  }
}

/**
 * Makes the gated calls of one agent. `agent` keeps them apart from those of others; by default it is the agent that
 * Hotwork names.
 *
 * @throws Trouble
 */
export type CallsOf = (identity: IdentityOption | undefined, agent?: string) => Promise<GatedCalls>

type Prepared = { settings: AgentSettings; rules: ToolRules; log(line: string): void; callsOf: CallsOf }

/** Checks and reads everything that a gate needs before it serves, on stdio or at an address. @throws Refusal, Fault */
export async function prepareGate(typed: GateTyped, surroundings: Surroundings): Promise<Prepared> {
  if (typed.command.length === 0)
    throw wrongUsage('which server?', 'write it behind `--`: `npx --no-install hotwork mcp -- npx some-server`')
  const settings = readAgentSettings(typed, surroundings)
  const { apiUrl: issuer } = settings
  const tool = await resolveTool(typed, settings, surroundings)
  const callers = new Callers(issuer, surroundings)
  return {
    settings,
    rules: await readRules(typed, { settings, tool }, surroundings),
    log: (line) => surroundings.err(lines(`hotwork mcp: ${line}`)),
    callsOf: async (identity, agent) =>
      new GatedCalls({
        hotwork: new Hotwork({ issuer, ...defined({ identity }) }, surroundings),
        gate: new Gate({ issuer, identity: tool }, surroundings),
        journal: new Journal(surroundings),
        agent: agent ?? (await callers.find(await resolveIdentity(identity, surroundings)(issuer))).key,
      }),
  }
}

/**
 * The identity of the gate as the tool that begins uses. It is tried at the start: otherwise a call would fail only
 * after people have approved it.
 *
 * @throws Refusal, Fault
 */
async function resolveTool(
  { asTool }: Pick<GateTyped, 'asTool'>,
  { apiUrl }: AgentSettings,
  surroundings: Surroundings,
): Promise<IdentityOption> {
  const found = findToolIdentity(asTool, surroundings)
  if (!found)
    throw wrongUsage(
      'the tool that this gate is, is missing',
      'name the file of its workload token in `HOTWORK_TOOL_TOKEN_FILE`, or on the local stack give `--as-tool tool:...`',
    )
  await resolveIdentity(found, surroundings)(apiUrl)
  return found
}

/** The rules from the map, or from the catalogue. @throws Refusal, Fault */
async function readRules(
  { map, purpose, task }: Pick<GateTyped, 'map' | 'purpose' | 'task'>,
  { settings, tool }: { settings: AgentSettings; tool: IdentityOption },
  surroundings: Surroundings,
): Promise<ToolRules> {
  if (map !== undefined) {
    if (purpose !== undefined || task !== undefined)
      throw wrongUsage('the map has the purpose of the calls', 'leave out `--purpose` and `--task`, or `--map`')
    const read = readToolMap(resolve(surroundings.folder, map))
    if (!read.server)
      throw wrongUsage(
        `the map \`${map}\` has no \`server\``,
        'name the server that the gate is for: write `"server": { "name", "version" }`, as `hotwork mcp import` does',
      )
    return ToolRules.ofMap(read)
  }
  if (!purpose || !task)
    throw wrongUsage(
      'the purpose of the calls is missing',
      'give `--purpose WORD` and `--task ID`, or a map that has both (`--map FILE`)',
    )
  return ToolRules.ofCatalogue(
    await readCatalogue(settings.apiUrl, tool, surroundings),
    termsOf({ purpose, parent_task: { id: task } }),
  )
}

async function readCatalogue(issuer: string, tool: IdentityOption, surroundings: Surroundings): Promise<Catalogued[]> {
  const identity = resolveIdentity(tool, surroundings)
  const sending = {
    method: 'GET' as const,
    url: `${issuer}/v1/mcp-tools`,
    prepare: async () => ({ headers: { authorization: `Bearer ${await identity(issuer)}` } }),
  }
  return readAnswer(McpTools, await send(sending, surroundings), sending).tools
}

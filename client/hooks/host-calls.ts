import { resolve } from 'node:path'
import { Gate } from '../gate.ts'
import { fileSource } from '../identity/file.ts'
import type { IdentityOption } from '../identity/identity.ts'
import { readToolMap, type ToolMap } from '../mcp/tool-map.ts'
import { type AgentContext, identityOf } from '../requests/context.ts'
import { BegunCalls } from './begun-calls.ts'

export type HostTyped = { map: readonly string[]; asTool?: string | undefined }

/** What answers a host's calls: as the agent, and where this machine is also the tool, as that. @throws Refusal */
export function makeHostCalls(
  { map, asTool }: HostTyped,
  { settings, kept, surroundings }: AgentContext,
): { calls: BegunCalls; maps: ToolMap[]; issuer: string } {
  const { apiUrl: issuer } = settings
  const { folder, pause } = surroundings
  const identity = identityOf({ settings, surroundings })
  const gate = gateOf(asTool, issuer, surroundings)
  return {
    calls: new BegunCalls({ issuer, identity, keys: kept.keys, pause }, gate),
    maps: map.map((path) => readToolMap(resolve(folder, path))),
    issuer,
  }
}

function gateOf(as: string | undefined, issuer: string, surroundings: AgentContext['surroundings']): Gate | undefined {
  const file = surroundings.env['HOTWORK_TOOL_TOKEN_FILE']
  const identity = as === undefined ? file && tokenIn(file, surroundings) : { as }
  return identity ? new Gate({ issuer, identity }, surroundings) : undefined
}

function tokenIn(file: string, { now }: AgentContext['surroundings']): IdentityOption {
  const source = fileSource(file, now, 'HOTWORK_TOOL_TOKEN_FILE')
  return () => source.ask('', new AbortController().signal)
}

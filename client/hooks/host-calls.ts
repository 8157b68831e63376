// Rules: test/client/sidecar/sidecar.test.ts
import { resolve } from 'node:path'
import { Gate } from '../gate.ts'
import { findToolIdentity } from '../identity/tool.ts'
import { mustBeOutside, projectFolders, readToolMap, type ToolMap } from '../mcp/tool-map.ts'
import { type AgentContext, identityOf } from '../requests/context.ts'
import { BegunCalls } from './begun-calls.ts'

export type HostTyped = { map: readonly string[]; mapInProject?: boolean; asTool?: string | undefined }

/** The calls for a host's events: as the agent, and also as the tool if this machine is the tool. @throws Refusal */
export function makeHostCalls(
  { map, mapInProject = false, asTool }: HostTyped,
  { settings, kept, surroundings }: AgentContext,
): { calls: BegunCalls; maps: ToolMap[]; mapFiles: string[]; issuer: string } {
  const { apiUrl: issuer } = settings
  const { folder, pause } = surroundings
  const identity = identityOf({ settings, surroundings })
  const tool = findToolIdentity(asTool, surroundings)
  const files = map.map((path) => resolve(folder, path))
  const maps = files.map(readToolMap)
  const mapFiles = mapInProject ? [] : files
  mustBeOutside(mapFiles, projectFolders(surroundings))
  const gate = tool && new Gate({ issuer, identity: tool }, surroundings)
  return {
    calls: new BegunCalls({ issuer, identity, journal: kept.journal, pause }, gate),
    maps,
    mapFiles,
    issuer,
  }
}

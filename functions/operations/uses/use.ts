// Rules: test/operations/uses/gate.test.ts
import { argumentsDigest } from '../../domain/digest.ts'
import { isSameTool, type McpTool } from '../../domain/policy/mcp-tool.ts'
import type { BeginUse, EndUse } from '../../domain/record/commands.ts'
import { type ApprovalRequest, grantOf, type Outcome, usesLeft } from '../../domain/record/request.ts'
import type { RefusalOf } from '../../domain/requests/decide.ts'
import type { JsonObject, Result, ToolId, UseId } from '../../domain/values.ts'
import { actorNamed, defined, ok, refuse, requestOfUse } from '../../domain/values.ts'
import type { AccessToken } from '../credentials/ports.ts'
import { authorityOf } from '../policy/gather.ts'
import type { OnceOnly } from '../ports.ts'
import { type CarriedOut, carryOut, readToAct } from '../record/carry-out.ts'
import type { DecidingPorts, MakingPorts } from '../record/ports.ts'
import { aboutStored, recordRefusal, refuseOnRecord } from '../record/refuse.ts'

export async function endUse(
  { id, tool, outcome, note }: { id: UseId; tool: ToolId; outcome: Outcome; note?: string },
  ports: DecidingPorts,
): Promise<CarriedOut<RefusalOf<EndUse>>> {
  const request = requestOfUse(id)
  const stored = request && (await ports.requests.load(request))
  // True if the use belongs to this tool. Otherwise its end is recorded on the caller's chain, even if the use does not
  // exist: ids are public.
  const isBegun = stored && grantOf(stored.state)?.uses.some((each) => each.id === id && each.tool === tool)
  if (!request || !isBegun) return refuseOnRecord(tool, 'end_use', ports)('credential_unknown')
  const command = { type: 'end_use', tool, use: id, outcome, ...defined({ note }) } as const
  return carryOut(request, ports, () => command, undefined, { first: stored })
}

type UseAsk = {
  tool: ToolId
  token: AccessToken
  action: string
  arguments: JsonObject
  /** The MCP tool that is about to be called. If given, it must be the approved one. */
  mcp?: McpTool
  key: string
  once: OnceOnly
}

/** The act about to be executed differs from the approved one. */
type Other = 'arguments_mismatch' | 'tool_changed'

/** `ended`: the use ended before, so a tool that acts again acts twice. */
type BegunUse = { use: UseId; usesLeft: number; ended: boolean }

/**
 * The gate: permits one use of a credential, and counts it. The same key is the same use, so that a tool can retry
 * after a lost answer. The digest of its act must be the approved one.
 */
export async function beginUse(
  ask: UseAsk,
  ports: MakingPorts,
): Promise<Result<BegunUse, RefusalOf<BeginUse> | 'replayed' | 'credential_unknown' | Other>> {
  const { tool, token, key } = ask
  const stored = await readToAct(token.request, ports)
  if (!stored) return refuse('unknown_request')
  if (argumentsDigest(ask.action, ask.arguments, stored.state.ask.resource) !== stored.state.ask.argumentsDigest) {
    const about = { ...aboutStored(stored).about, action: ask.action }
    await recordRefusal(actorNamed(tool), 'begin_use', 'invalid_arguments', ports, { about })
    return refuse('arguments_mismatch', 'the act to be executed differs from the approved one')
  }
  if (ask.mcp && !isSameTool(ask.mcp, stored.state.ask.mcp)) {
    await recordRefusal(actorNamed(tool), 'begin_use', 'tool_changed', ports, aboutStored(stored))
    return refuse('tool_changed', 'the tool to be called differs from the approved one')
  }
  const again = useOf(stored.state, tool, key)
  const use = ports.ids.use(token.request)
  const done = await carryOut(
    token.request,
    ports,
    async (state, now, requests) => ({
      ...(await authorityOf(state, { moment: 'use', now }, { ...ports, requests })),
      type: 'begin_use',
      tool,
      presented: token.jti,
      use,
      key,
    }),
    // A retry has the same proof, which this use has spent.
    again ? [] : [ask.once],
    { first: stored, toAct: true },
  )
  // A concurrent retry may have spent the proof first: it is the same use.
  const twin = done.ok || done.code !== 'replayed' ? undefined : (await ports.requests.load(token.request))?.state
  if (!done.ok && !(twin && useOf(twin, tool, key))) return done
  const state = twin ?? (done.ok ? done.value.state : stored.state)
  const begun = useOf(state, tool, key)
  return begun
    ? ok({ use: begun.id, usesLeft: usesLeft(state), ended: begun.ended !== undefined })
    : refuse('credential_unknown')
}

const useOf = (state: ApprovalRequest, tool: ToolId, key: string) =>
  grantOf(state)?.uses.find((use) => use.tool === tool && use.key === key)

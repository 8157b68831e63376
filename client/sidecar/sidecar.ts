import { resolve } from 'node:path'
import { Signals } from '../exec/command.ts'
import { answerCredentials, noCredentials } from '../exec/credentials-endpoint.ts'
import { mostOfEvent } from '../hooks/hook.ts'
import { type HostTyped, makeHostCalls } from '../hooks/host-calls.ts'
import { answerHook, type HookParts, usualHookWait } from '../hooks/host-hook.ts'
import { parsedJson } from '../http.ts'
import { resolveIdentity } from '../identity/identity.ts'
import { findToolIdentity } from '../identity/tool.ts'
import {
  type Introduced,
  isSameSecret,
  type LoopbackAnswer,
  type LoopbackCall,
  type LoopbackServer,
  listenOnLoopback,
} from '../loopback.ts'
import { exits } from '../outcome.ts'
import { type AgentContext, identityOf } from '../requests/context.ts'
import { jsonText, lines } from '../screen.ts'
import { approvalError } from './approval-forms.ts'
import { Approvals } from './approvals.ts'
import { credentialsOf } from './credentials.ts'
import { readySocket } from './socket.ts'
import { makeToken, readToken } from './token.ts'

export type SidecarTyped = HostTyped & {
  port: number
  socket?: string | undefined
  tokenFile?: string | undefined
  wait?: number | undefined
  pending: 'deny' | 'defer'
}

/** The default port, where hosts find it. */
export const usualPort = 4785

/** Answers the programs of this machine that show its token, as one agent, until it is told to stop. */
export async function sidecar(typed: SidecarTyped, context: AgentContext): Promise<number> {
  const signals = new Signals()
  try {
    const { server, token } = await openSidecar(typed, context)
    tellStarted(server, token, typed, context)
    await signals.stopped
    await server.close()
    return exits.done
  } finally {
    signals.close()
  }
}

/** @throws Fault if it cannot listen; Refusal if it is set up wrongly */
export async function openSidecar(
  typed: SidecarTyped,
  context: AgentContext,
): Promise<{ server: LoopbackServer; token: string }> {
  const { surroundings } = context
  const { tokenFile, pending, wait = usualHookWait, port } = typed
  const socket = typed.socket && resolve(surroundings.folder, typed.socket)
  const { calls, maps, mapFiles, issuer } = makeHostCalls(typed, context)
  await findWho(typed, maps.length > 0, context)
  const tell = (words: string) => surroundings.err(lines(`hotwork: ${words}`))
  const hooks: HookParts = { host: 'claude-code', maps, mapFiles, calls, issuer, wait, pending, tell }
  const approvals = new Approvals({ calls, maps, issuer, journal: context.kept.journal })
  // Before it listens: a host that reads the file finds the token of this sidecar.
  const token = tokenFile === undefined ? makeToken() : readToken(resolve(surroundings.folder, tokenFile))
  const answer = (call: LoopbackCall) => answerCall(call, { token, hooks, approvals, context })
  // Refuses a stranger before reading the body.
  const most = (call: Introduced) => (call.isByItsName && hasToken(call, token) ? mostOfEvent : 0)
  if (socket) await readySocket(socket)
  return { server: await listenOnLoopback(answer, { port, socket, most }), token }
}

/**
 * Checks identities at the start: otherwise a call would be denied only when it comes, or after people have approved
 * it.
 *
 * @throws Refusal, Fault
 */
async function findWho({ asTool }: HostTyped, asks: boolean, { settings, surroundings }: AgentContext): Promise<void> {
  if (asks) await identityOf({ settings, surroundings })(settings.apiUrl)
  const tool = findToolIdentity(asTool, surroundings)
  if (tool) await resolveIdentity(tool, surroundings)(settings.apiUrl)
}

type Parts = { token: string; hooks: HookParts; approvals: Approvals; context: AgentContext }

const hasToken = ({ headers }: Introduced, token: string): boolean =>
  isSameSecret((headers.authorization ?? '').replace(/^Bearer +/i, ''), token)

async function answerCall(call: LoopbackCall, { token, hooks, approvals, context }: Parts): Promise<LoopbackAnswer> {
  const { method, path, body, gone } = call
  const ofCredentials = /^\/credentials(?:\/([^/]*))?$/.exec(path)
  const no = ofCredentials ? noCredentials : approvalError
  if (!call.isByItsName) return no(403, 'wrong_host', 'this address is for programs of this machine')
  if (!hasToken(call, token))
    return no(401, 'wrong_token', '`Authorization` should be `Bearer` and the token that this sidecar printed')
  if (ofCredentials) {
    if (method !== 'GET') return no(405, 'wrong_method', 'credentials are read with GET')
    return answerCredentials(() => credentialsOf(ofCredentials[1] ?? '', context))
  }
  if (path === '/hooks/claude-code') {
    if (method !== 'POST') return no(405, 'wrong_method', 'an event is sent with POST')
    // An unreadable event is refused with status 200: hosts take any other status for permission, unless their settings
    // say `onFailure`.
    const event = body === undefined ? undefined : parsedJson(body)
    return {
      status: 200,
      body: await answerHook(event, { ...hooks, taskHeader: call.headersDistinct['hotwork-task'] }, gone),
    }
  }
  if (path === '/v1' || path.startsWith('/v1/')) return approvals.answer(call)
  return no(404, 'not_found', 'there is /hooks/claude-code, /v1/requests and /credentials/{request}')
}

function tellStarted(
  { url }: LoopbackServer,
  token: string,
  { tokenFile }: SidecarTyped,
  { settings: { as = 'this agent' }, surroundings, json }: AgentContext,
): void {
  const shown = tokenFile === undefined ? { token } : { token_file: resolve(surroundings.folder, tokenFile) }
  const words = lines(`url    ${url}`, ...Object.values(shown).map((value) => `token  ${value}`))
  surroundings.out(json ? jsonText({ url, ...shown }) : words)
  surroundings.err(
    lines(`hotwork: it speaks as ${as} to programs that show the token, until you stop it (docs/agents/)`),
  )
}

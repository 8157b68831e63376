import * as z from 'zod'
import { Members, pageOf } from '../gated/gated-call.ts'
import { digest } from '../journal/journal.ts'
import { mustBeOutside, type ToolMap } from '../mcp/tool-map.ts'
import { Trouble } from '../outcome.ts'
import { type BegunCalls, ranOther, type Said, type Went } from './begun-calls.ts'
import { findMapped, type Mapped, readHostTool } from './mapped-tools.ts'

export const hosts = ['claude-code', 'codex'] as const
export type Host = (typeof hosts)[number]

/** The members that are read from a host's event before and after each call. Others pass. */
const HookEvent = z.looseObject({
  hook_event_name: z.string(),
  session_id: z.string().min(1),
  tool_name: z.string().min(1),
  tool_input: Members,
  tool_use_id: z.string().min(1),
  /** The folder that the agent works in. */
  cwd: z.string().optional(),
})
type HookEvent = z.infer<typeof HookEvent>

/** The hook's answer. If empty, the host goes on as without this hook. */
export type HookAnswer = {
  hookSpecificOutput?: {
    hookEventName: string
    permissionDecision: 'allow' | 'deny' | 'defer'
    permissionDecisionReason: string
    /** The arguments that people approved: the host runs these. */
    updatedInput?: HookEvent['tool_input']
  }
}

export type HookParts = {
  host: Host
  maps: readonly ToolMap[]
  /** The map files that must lie outside the folder that the agent works in. */
  mapFiles?: readonly string[]
  calls: BegunCalls
  issuer: string
  /** How long people are waited for, within the host's own patience. Milliseconds. */
  wait: number
  /** The answer if people have not decided by then. */
  pending: 'deny' | 'defer'
  /** Takes a line for the person, for which hosts have no field. */
  tell(words: string): void
}

/** The host gives up on a hook after ten minutes. Milliseconds. */
export const usualHookWait = 9.5 * 60_000

/** Answers one event of a host. Never throws: a fault is a refusal. */
export async function answerHook(given: unknown, parts: HookParts, signal?: AbortSignal): Promise<HookAnswer> {
  const parsed = HookEvent.safeParse(given)
  if (!parsed.success) return before(given) ? deny(unreadable(parsed.error)) : {}
  const event = parsed.data
  try {
    switch (event.hook_event_name) {
      case 'PreToolUse':
        return await mayBegin(event, parts, signal)
      case 'PostToolUse':
        return await end(event, { became: 'succeeded' }, parts)
      case 'PostToolUseFailure':
        return await end(event, { became: 'failed', note: noteOf(event) }, parts)
      default:
        return {}
    }
  } catch (trouble) {
    if (event.hook_event_name === 'PreToolUse') return deny(troubleWords(trouble))
    parts.tell(`how \`${event.tool_name}\` went is kept, and could not be told to Hotwork yet: ${titleOf(trouble)}`)
    return {}
  }
}

async function end(event: HookEvent, went: Went, parts: HookParts): Promise<HookAnswer> {
  const told = await parts.calls.end(runOf(event, parts), went, event.tool_input)
  if (told === ranOther) parts.tell(`\`${event.tool_name}\` ran with other arguments than people approved`)
  return {}
}

/** Only an event that certainly comes after a call may stay without an answer. */
const before = (given: unknown): boolean => {
  const { hook_event_name: name } = Object(given) as { hook_event_name?: unknown }
  return typeof name !== 'string' || name === 'PreToolUse'
}

async function mayBegin(event: HookEvent, parts: HookParts, signal: AbortSignal | undefined): Promise<HookAnswer> {
  if (event.cwd !== undefined) mustBeOutside(parts.mapFiles ?? [], [event.cwd])
  const mapped = findMapped(parts.maps, readHostTool(event.tool_name))
  // Empty, and not `allow`: that would skip the host's own question.
  if (mapped === undefined || mapped === 'pass') return {}
  const late = parts.calls.reportLate()
  const call = { ...mapped, arguments: event.tool_input }
  const said = await parts.calls.begin(call, runOf(event, parts), { wait: parts.wait, signal }).finally(() => late)
  if (said.may) return allow(said.request, event.tool_input, parts.host)
  if (said.why === 'pending' && parts.pending === 'defer' && parts.host === 'claude-code')
    return decide('defer', waiting(said.request, parts))
  return deny(wordsOf(said, mapped, parts))
}

/** Codex has no `allow`: it takes an empty answer for one, and asks its own question. */
const allow = (request: string, updatedInput: HookEvent['tool_input'], host: Host): HookAnswer =>
  host === 'codex' ? {} : decide('allow', `Hotwork: approved as ${request}, for this call, once`, { updatedInput })
const deny = (reason: string): HookAnswer => decide('deny', `Hotwork: ${reason}`)
const decide = (
  permissionDecision: 'allow' | 'deny' | 'defer',
  permissionDecisionReason: string,
  pinned: Pick<NonNullable<HookAnswer['hookSpecificOutput']>, 'updatedInput'> = {},
): HookAnswer => ({
  hookSpecificOutput: { hookEventName: 'PreToolUse', permissionDecision, permissionDecisionReason, ...pinned },
})

const runOf = ({ session_id: session, tool_use_id: use }: HookEvent, { host }: HookParts): string =>
  digest(host, session, use)

/** A tool's error may hold a secret, and the note stays on the record. */
const noteOf = ({ is_interrupt: interrupted }: HookEvent): string =>
  interrupted === true ? 'the host says that it was interrupted' : 'the host says that the tool failed'

const nothingRan = 'Nothing was done.'

function wordsOf(said: Exclude<Said, { may: true }>, { action }: Mapped, parts: HookParts): string {
  switch (said.why) {
    case 'pending':
      return waiting(said.request, parts)
    case 'narrowed':
      return `people approved ${action}, but less of it (${said.request}). ${nothingRan} Call the same tool with exactly these arguments to use that approval: ${JSON.stringify(said.arguments)}`
    case 'begun_before':
      return `this very call was begun before (${said.request}) and is not begun again. Look at what it did; a new call is a new request.`
    case 'no':
      return `${action} was refused: ${said.reason}${said.detail ? ` (${said.detail})` : ''}. ${nothingRan} ${adviceOn(said.reason)}${said.request ? ` See ${pageOf(parts.issuer, said.request)}` : ''}`
    default:
      return said satisfies never
  }
}

const waiting = (request: string, parts: HookParts): string =>
  `people have not decided yet (${request}). ${nothingRan} Call the same tool again with the same arguments: that goes on waiting for the same request. People decide at ${pageOf(parts.issuer, request)}`

/** The agent's next step. */
function adviceOn(reason: string): string {
  switch (reason) {
    case 'denied':
      return 'People said no: do not ask for the same again; do something else, or tell the person you work for.'
    case 'expired':
      return 'Its time is over: call again if it still has to be done.'
    case 'invalid_arguments':
      return 'Mend the arguments as said, and call again.'
    case 'unknown_action':
      return 'The map names an action that Hotwork does not have: tell the person who set this up.'
    default:
      return 'Tell the person you work for if it has to be done.'
  }
}

const troubleWords = (trouble: unknown): string =>
  `it could not be asked whether this may be done: ${titleOf(trouble)}. ${nothingRan} Call again later; if this stays, tell the person who set this up.`

/** Do not print unknown errors: they may contain secrets. */
export function titleOf(trouble: unknown): string {
  if (!(trouble instanceof Trouble)) return 'hotwork itself failed'
  const { title, detail } = trouble.told
  return detail === undefined ? title : `${title} (${detail})`
}

function unreadable(error: z.ZodError): string {
  const field = error.issues[0]?.path.join('.')
  const why = field ? `\`${field}\` is missing or of another form` : 'it is not a JSON object'
  return `the event of the host cannot be read (${why}). ${nothingRan}`
}

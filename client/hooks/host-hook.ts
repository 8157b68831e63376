import * as z from 'zod'
import { type Words, wordsForModel } from '../agent/words.ts'
import { no } from '../gated/askings.ts'
import { inTask, readTaskHeader, readTaskId } from '../gated/call-task.ts'
import { Members, pageOf } from '../gated/gated-call.ts'
import { defined } from '../http.ts'
import { digest } from '../journal/journal.ts'
import { mustBeOutside, type ToolMap } from '../mcp/tool-map.ts'
import { Refusal, Trouble } from '../outcome.ts'
import { type BegunCalls, ranOther, type Said, type Went } from './begun-calls.ts'
import { findMapped, type Mapped, readHostTool } from './mapped-tools.ts'

export const hosts = ['claude-code', 'codex'] as const
export type Host = (typeof hosts)[number]

/** The members that are read from a host's events. Others are ignored. */
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

/** The words of a person that begin a turn of the host's session. */
const PromptEvent = z.looseObject({
  hook_event_name: z.literal('UserPromptSubmit'),
  session_id: z.string().min(1),
  prompt: z.string(),
})

/** The hook's answer. If it is empty, the host continues as without this hook. */
export type HookAnswer = {
  hookSpecificOutput?: {
    hookEventName: string
    permissionDecision: 'allow' | 'deny' | 'defer'
    permissionDecisionReason: string
    /** The approved arguments, which the host runs. */
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
  /** The longest wait for people, within the host's timeout. Milliseconds. */
  wait: number
  /** The answer if people have not decided by then. */
  pending: 'deny' | 'defer'
  /** The lines of the header `Hotwork-Task`, of a hook that calls the sidecar. */
  taskHeader?: readonly string[] | undefined
  /** Prints a line for the person: hosts have no field for it. */
  tell(words: string): void
}

/** Below the ten minutes after which the host stops waiting for a hook. Milliseconds. */
export const usualHookWait = 9.5 * 60_000

/** Answers one event of a host. It never throws: a fault refuses the call. */
export async function answerHook(given: unknown, parts: HookParts, signal?: AbortSignal): Promise<HookAnswer> {
  const prompted = PromptEvent.safeParse(given)
  if (prompted.success) return keepPrompt(prompted.data, parts)
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
    parts.tell(`the outcome of \`${event.tool_name}\` is stored, but not reported to Hotwork yet: ${titleOf(trouble)}`)
    return {}
  }
}

/** If the prompt cannot be stored, the turn's calls lack a reason. */
function keepPrompt({ session_id: session, prompt }: z.infer<typeof PromptEvent>, { host, calls, tell }: HookParts) {
  try {
    calls.keepPrompt(sessionOf({ session_id: session }, host), prompt)
  } catch (trouble) {
    tell(`the prompt is not stored: ${titleOf(trouble)}`)
  }
  return {}
}

const sessionOf = ({ session_id: session }: Pick<HookEvent, 'session_id'>, host: Host): string => `${host}:${session}`

async function end(event: HookEvent, went: Went, parts: HookParts): Promise<HookAnswer> {
  const told = await parts.calls.end(runOf(event, parts), went, event.tool_input)
  if (told === ranOther) parts.tell(`\`${event.tool_name}\` ran with arguments that people did not approve`)
  return {}
}

/** True unless the event certainly comes after a call, and so may stay unanswered. */
const before = (given: unknown): boolean => {
  const { hook_event_name: name } = Object(given) as { hook_event_name?: unknown }
  return typeof name !== 'string' || name === 'PreToolUse'
}

async function mayBegin(event: HookEvent, parts: HookParts, signal: AbortSignal | undefined): Promise<HookAnswer> {
  if (event.cwd !== undefined) mustBeOutside(parts.mapFiles ?? [], [event.cwd])
  const mapped = findMapped(parts.maps, readHostTool(event.tool_name))
  // An empty answer, since `allow` would skip the host's own question.
  if (mapped === undefined || mapped === 'pass') return {}
  const late = parts.calls.reportLate()
  const task = taskOf(event, mapped, parts)
  if ('why' in task) return deny(wordsOf(task, mapped, parts))
  const { terms: _, ...action } = mapped
  const thread = digest(parts.host, event.session_id, event.tool_name)
  const call = { ...action, ...task, arguments: event.tool_input, thread }
  const said = await parts.calls.begin(call, runOf(event, parts), { wait: parts.wait, signal }).finally(() => late)
  if (said.may) return allow(said.request, event.tool_input, parts.host)
  if (said.why === 'pending' && parts.pending === 'defer' && parts.host === 'claude-code')
    return decide('defer', waiting(said, parts))
  return deny(wordsOf(said, mapped, parts))
}

/** The task of a call: of the header, or of the host's session, whose newest prompt is the reason. */
function taskOf(event: HookEvent, { terms }: Mapped, { host, calls, taskHeader }: HookParts) {
  if (terms.mode === 'fixed') return inTask(terms)
  try {
    const session = sessionOf(event, host)
    const bySession = { id: readTaskId(session, '`session_id` of the event'), source: 'session' } as const
    const justification = calls.promptOf(session)
    return { ...inTask(terms, readTaskHeader(taskHeader), bySession), ...defined({ justification }) }
  } catch (trouble) {
    if (!(trouble instanceof Refusal)) throw trouble
    return no(trouble.told.code, undefined, trouble.told.detail)
  }
}

/** Codex has no `allow`: an empty answer lets it continue with its own question. */
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

/** The outcome without the tool's error, which may contain a secret: the note stays on the record. */
const noteOf = ({ is_interrupt: interrupted }: HookEvent): string =>
  interrupted === true ? 'the host says that it was interrupted' : 'the host says that the tool failed'

const nothingRan = 'Nothing was done.'

function wordsOf(said: Exclude<Said, { may: true }>, { action }: Mapped, parts: HookParts): string {
  switch (said.why) {
    case 'pending':
      return waiting(said, parts)
    case 'narrowed':
      return `people approved ${action}, but less of it (${said.request}). ${nothingRan} Call the same tool with exactly these arguments to use that approval: ${JSON.stringify(said.arguments)}`
    case 'begun_before':
      return `this call was begun before (${said.request}) and is not begun again. Check what it did; a new call is a new request.`
    case 'no':
      return `${action} was refused: ${said.reason}${said.detail ? ` (${said.detail})` : ''}. ${nothingRan} ${adviceOn(said.reason)}${said.request ? ` See ${pageOf(parts.issuer, said.request)}` : ''}${spaced(wordsForModel(said))}`
    default:
      return said satisfies never
  }
}

function waiting({ request, questions = [] }: { request: string } & Words, parts: HookParts): string {
  const isAsked = questions.some(({ answered }) => !answered)
  const how = `Answer each question first: \`npx --no-install hotwork answer ${request} TEXT --question QUESTION\`. ${wordsForModel({ questions })}`
  return `people have not decided yet (${request}). ${nothingRan} Call the same tool again with the same arguments: that continues to wait for the same request. People decide at ${pageOf(parts.issuer, request)}${isAsked ? ` ${how}` : ''}`
}

const spaced = (words: string): string => (words === '' ? '' : ` ${words}`)

/** Advice for the agent after a refusal. */
function adviceOn(reason: string): string {
  switch (reason) {
    case 'denied':
      return 'People denied it: do not ask for the same again; do something else, or tell the person you work for.'
    case 'revise':
      return 'People want it changed: call the same tool with changed arguments, which people then see as the revision of this call.'
    case 'expired':
      return 'Its time is over: call again if it still has to be done.'
    case 'invalid_arguments':
      return 'Correct the arguments as described, and call again.'
    case 'justification_required':
      return 'A reason is required, and this host has no place for one: with a hook for `UserPromptSubmit` your prompt is the reason (docs/agents/).'
    case 'unknown_action':
      return 'The map names an action that Hotwork does not have: tell the person who set this up.'
    default:
      return 'Tell the person you work for if it has to be done.'
  }
}

const troubleWords = (trouble: unknown): string =>
  `Hotwork could not be asked for a permit: ${titleOf(trouble)}. ${nothingRan} Call again later; if this stays, tell the person who set this up.`

/** Do not print unknown errors: they may contain secrets. */
export function titleOf(trouble: unknown): string {
  if (!(trouble instanceof Trouble)) return 'hotwork itself failed'
  const { title, detail } = trouble.told
  return detail === undefined ? title : `${title} (${detail})`
}

function unreadable(error: z.ZodError): string {
  const field = error.issues[0]?.path.join('.')
  const why = field ? `\`${field}\` is missing or invalid` : 'it is not a JSON object'
  return `the event of the host cannot be read (${why}). ${nothingRan}`
}

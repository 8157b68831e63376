import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Request } from '../../functions/domain/cards/wire/request.ts'
import { Members } from '../../functions/domain/cards/wire/word.ts'
import { type Context, type IdTyped, show as print } from '../context.ts'
import { parsedJson } from '../http.ts'
import { type Exit, exitOfStatus, exits, Refusal, systemCodeOf, wrongUsage } from '../outcome.ts'
import { fact, inert, lines } from '../screen.ts'
import { pathOf, read } from './read.ts'
import { describe, headOf, stateOf } from './show.ts'

type NarrowedStep = { step: number; arguments?: { [name: string]: unknown }; strike?: true }
type Narrow = { arguments?: { [name: string]: unknown }; uses?: number; minutes?: number; steps?: NarrowedStep[] }
type Arguments = { readonly [name: string]: unknown }
type Asked = {
  verdict: 'approve' | 'deny' | 'revise'
  comment?: string | undefined
  toAgent?: string | undefined
  /** The name of the resource, as the person typed it. */
  typed?: string | undefined
  narrow?: Narrow
  suggest?: { arguments: Arguments } | undefined
  yes: boolean
}
type Worded = IdTyped & { toAgent?: string }

export const approve = (
  { id, ...asked }: Worded & { comment?: string; typed?: string; yes: boolean },
  context: Context,
) => decide(id, { verdict: 'approve', ...asked }, context)

export const deny = ({ id, reason, toAgent }: Worded & { reason: string }, context: Context) =>
  decide(id, { verdict: 'deny', comment: reason, toAgent, yes: true }, context)

/** Sends it back: the request ends, and the agent may ask for it again as a revision. */
export async function revise(
  { id, toAgent, comment, suggest: file }: Worded & { comment?: string; suggest?: string },
  context: Context,
): Promise<Exit> {
  const suggest = file === undefined ? undefined : { arguments: readArguments(file, context) }
  return decide(id, { verdict: 'revise', comment, toAgent, suggest, yes: true }, context)
}

/** @throws Refusal */
function readArguments(file: string, { surroundings: { folder } }: Context): Arguments {
  let text: string
  try {
    text = readFileSync(file === '-' ? 0 : resolve(folder, file), 'utf8')
  } catch (fault) {
    throw wrongUsage(`\`${file}\` cannot be read (${systemCodeOf(fault)})`, 'name a file with the suggested arguments')
  }
  const parsed = Members.safeParse(parsedJson(text))
  if (parsed.success) return parsed.data
  throw wrongUsage(`\`${file}\` has no JSON object`, 'write all arguments by name, such as `{ "MemorySize": 1024 }`')
}

export type NarrowTyped = Worded & {
  set?: readonly string[]
  /** Steps of a plan, by number. */
  strike?: readonly number[]
  uses?: number
  minutes?: number
  comment?: string
  typed?: string
  yes: boolean
}

/** The approval of the person who narrows counts for the narrowed request, if policy permits. */
export function narrow(asked: NarrowTyped, context: Context): Promise<Exit> {
  const { id, set = [], strike = [], uses, minutes, comment, toAgent, typed, yes } = asked
  if (set.length === 0 && strike.length === 0 && uses === undefined && minutes === undefined)
    throw wrongUsage(
      'the narrowing is missing',
      'give `--set name=value`, `--uses N` or `--minutes N`; of a plan `--set 2.name=value` or `--strike N`',
    )
  const settings = set.map(readSetting)
  const [ofSteps, own] = [settings.filter(([name]) => stepOf(name)), settings.filter(([name]) => !stepOf(name))]
  const narrow = {
    ...(own.length === 0 ? {} : { arguments: Object.fromEntries(own) }),
    ...(ofSteps.length + strike.length === 0 ? {} : { steps: narrowedSteps(ofSteps, strike) }),
    ...(uses === undefined ? {} : { uses }),
    ...(minutes === undefined ? {} : { minutes }),
  }
  return decide(id, { verdict: 'approve', comment, toAgent, typed, narrow, yes }, context)
}

/** `2.Value` is an argument of step 2: no argument's name begins with a number. */
const stepOf = (name: string) => /^([1-9]\d?)\.(.+)$/s.exec(name)

function narrowedSteps(settings: readonly [string, unknown][], strike: readonly number[]): NarrowedStep[] {
  const steps = new Map<number, NarrowedStep>()
  const at = (step: number): NarrowedStep => steps.get(step) ?? { step }
  for (const [name, value] of settings) {
    const [, number = '', argument = ''] = stepOf(name) ?? []
    const step = at(Number(number))
    steps.set(step.step, { ...step, arguments: { ...step.arguments, [argument]: value } })
  }
  for (const step of strike) steps.set(step, { ...at(step), strike: true })
  return [...steps.values()].sort((one, other) => one.step - other.step)
}

/** A value that is JSON is taken as JSON; any other is text. */
export function readSetting(typed: string): [string, unknown] {
  const [, name, text = ''] = /^([^=]+)=(.*)$/s.exec(typed) ?? []
  if (name === undefined)
    throw wrongUsage('`--set` takes a name and a value', 'write `--set ReservedConcurrentExecutions=5`')
  try {
    return [name, JSON.parse(text)]
  } catch {
    return [name, text]
  }
}

/** Decides on the state that was read. If the request changes meanwhile, the decision is refused and does not count. */
async function decide(id: string, asked: Asked, context: Context): Promise<Exit> {
  const { api, surroundings, json } = context
  const request = await read(id, context)
  if (!json) surroundings.err(lines(...describe(request, surroundings), ''))
  const typed = request.status === 'pending' ? await confirm(asked, request, context) : asked.typed
  const { verdict, comment, narrow, toAgent: to_agent, suggest } = asked
  const { round, digest, stage } = request
  const own = verdict === 'approve' && stage !== null ? { stage } : {}
  const decided = await api
    .call(Request, {
      method: 'POST',
      path: `${pathOf(request.id)}/decisions`,
      // For a denial Hotwork chooses any stage of this person.
      json: { verdict, round, digest, comment, narrow, to_agent, typed, suggest, ...own },
    })
    .catch(async (trouble: unknown) => {
      if (!(trouble instanceof Refusal)) throw trouble
      const now = await decidedBefore(asked, request, trouble, context)
      if (!now) throw staleOr(trouble, request)
      surroundings.err(lines('you already made this decision'))
      return now
    })
  return print(context, decided, () => resultWords(decided, asked, context), exitAfter(decided, verdict))
}

/**
 * A person at a terminal confirms what they see; a program has confirmed by running the command.
 * @returns the name of the resource, if it was typed
 */
async function confirm(
  { verdict, narrow, typed, yes }: Asked,
  { type_this: name }: Request,
  { surroundings, json }: Context,
): Promise<string | undefined> {
  if (verdict !== 'approve') return undefined
  const less = narrow === undefined ? 'exactly this' : `only ${JSON.stringify(narrow)} of this`
  if (name !== undefined && typed === undefined) {
    if (surroundings.ask && !json) return surroundings.ask(`To approve ${less}, type ${inert(name)}: `)
    throw wrongUsage('the name of the resource is missing', `its tier asks for it: add \`--typed '${name}'\``)
  }
  if (yes || json) return typed
  await mustSayYes(`Approve ${less}?`, 'nothing was decided', { surroundings })
  return typed
}

/** @throws Refusal unless the person at a terminal answers yes; a program is not asked */
export async function mustSayYes(
  question: string,
  otherwise: string,
  { surroundings }: Pick<Context, 'surroundings'>,
): Promise<void> {
  if (!surroundings.ask) return
  const answer = await surroundings.ask(`${question} [y/N] `)
  if (/^y(es)?$/i.test(answer.trim())) return
  throw new Refusal(exits.usage, {
    code: 'not_confirmed',
    title: otherwise,
    detail: 'you did not answer yes',
  })
}

const settledCodes = ['already_decided', 'already_settled', 'stale_round', 'stale_digest']

/** The same decision by the same person: an earlier call made it, and its answer was lost. */
async function decidedBefore(
  { verdict, narrow }: Asked,
  { id, round }: Request,
  { told: { code } }: Refusal,
  context: Context,
): Promise<Request | undefined> {
  if (!settledCodes.includes(code)) return undefined
  const now = await read(id, context)
  const own = ({ person }: { person: string }) => person === now.reader
  if (narrow) {
    const last = now.narrowings.at(-1)
    const isOwn = last !== undefined && last.by === now.reader && isSame(narrow, last)
    return isOwn && now.round === round + 1 ? now : undefined
  }
  const decisions = now.stages.flatMap(({ decisions }) => decisions)
  return now.round === round && decisions.some((each) => own(each) && each.verdict === verdict) ? now : undefined
}

const isSame = ({ arguments: args = {}, uses, minutes }: Narrow, last: Request['narrowings'][number]): boolean =>
  Object.entries(args).every(([name, value]) => JSON.stringify(last.arguments[name]?.to) === JSON.stringify(value)) &&
  (uses === undefined || last.uses?.to === uses) &&
  (minutes === undefined || last.lifetime?.to === minutes * 60)

function staleOr(refusal: Refusal, { id }: Request): Refusal {
  const { code, title } = refusal.told
  if (code !== 'stale_round' && code !== 'stale_digest') return refusal
  return new Refusal(refusal.exit, {
    code,
    title,
    detail: `it changed: look again with \`npx --no-install hotwork show ${id}\``,
  })
}

/** An approval may still end the request as denied: policy is asked once more at the end. */
function exitAfter({ status }: Request, verdict: Asked['verdict']): Exit {
  return verdict !== 'approve' || status === 'pending' ? exits.done : exitOfStatus(status)
}

function resultWords(decided: Request, { verdict, narrow }: Asked, { api }: Context): string[] {
  const did = { deny: 'DENIED', revise: 'SENT BACK', approve: narrow ? 'NARROWED' : 'APPROVED' }[verdict]
  return [
    `${did} by you  ${decided.id}`,
    ...fact('now', stateOf(decided)),
    ...fact('page', `${api.url}/decide/${decided.id}`),
  ]
}

/** Ends a live grant, or denies a pending request. A revoked grant stays as it is. */
export async function revoke({ id, reason }: IdTyped & { reason: string }, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const revoked = await api.call(Request, { method: 'POST', path: `${pathOf(id)}/revoke`, json: { reason } })
  return print(context, revoked, () => headOf(revoked, surroundings))
}

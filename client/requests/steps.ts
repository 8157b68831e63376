// Rules: test/client/requests/plan.test.ts
import * as z from 'zod'
import type { Narrowable, Request, Shown, Step } from '../../functions/domain/cards/wire/request.ts'
import { type Around, fact, time } from '../screen.ts'
import { previewWords } from './preview.ts'

/** Whether an agent's host could act without Hotwork, and the agent's record of thirty days. */
export function hostWords({ ambient, host, record }: Facts, surroundings: Around): string[] {
  const answer = host?.ambient ?? ambient
  const { asked, denied, refused, extra_calls: extra, last } = record ?? {}
  const counts = `its 30 days: asked ${asked}, denied ${denied}, refused ${refused}, extra calls ${extra}`
  return [
    ...(answer === 'allowed' ? ['its host could do this without asking Hotwork'] : []),
    ...(host?.look === undefined ? [] : [`its host: not known whether it could do this without asking: ${host.look}`]),
    ...(record ? [counts] : []),
    ...(last ? [`its last for this action: ${last.request}, ${time(last.at, surroundings)}, then ${last.status}`] : []),
  ]
}

type Facts = Pick<Step, 'host' | 'record'> & { ambient?: Request['ambient'] }

const states: { readonly [status: string]: string } = {
  waiting: 'waits for its turn',
  open: 'has its turn',
  succeeded: 'succeeded',
  failed: 'failed',
  late: 'was not done in time',
  revoked: 'was revoked',
  struck: 'is struck out',
  ended: 'is not taken',
}

/** Each step of a plan: its agent, its exact action, and its state. */
export function stepWords({ steps = [], shown }: Request, surroundings: Around): string[] {
  return steps.flatMap((step) => {
    const own = shown?.steps?.find((each) => each.step === step.step)
    const head = `${step.action} by ${step.agent}, for ${step.owner}, in ${step.environment}`
    const rest =
      step.status === 'struck'
        ? []
        : [
            ...hostWords(step, surroundings),
            noted(own?.resource ?? { text: step.resource.id }),
            ...(own?.mcp ? [`MCP tool: ${noted(own.mcp)}`] : []),
            ...argumentWords(step, own).map((each) => `  ${each}`),
            ...changesOf(step, own, surroundings),
            ...step.unpinned.map((each) => `its credential leaves open: ${each}`),
            ...(step.undo?.possible === false ? [`CANNOT BE UNDONE: ${step.undo.how}`] : []),
          ]
    return fact(`step ${step.step}`, head, `${stateOf(step, surroundings)}  ${step.request}`, ...rest)
  })
}

function stateOf({ status, opened_at, ended_at, because }: Step, surroundings: Around): string {
  const since = status === 'open' && opened_at !== undefined ? ` since ${time(opened_at, surroundings)}` : ''
  const at = ended_at === undefined ? '' : ` at ${time(ended_at, surroundings)}`
  return `${states[status] ?? status}${since}${at}${because?.trim() ? `: ${because.trim()}` : ''}`
}

/** The arguments as JSON text, with a note on deceptive letters. */
export const argumentWords = (
  { arguments: args }: Pick<Step, 'arguments'>,
  shown: { arguments: readonly Shown[] } | undefined,
): string[] =>
  (shown?.arguments ?? Object.entries(args).map(([name, value]) => ({ name, text: JSON.stringify(value) }))).map(
    (row) => `${row.name} = ${noted(row)}`,
  )

/** A value, with a note if letters in it may pass for others. */
export const noted = ({ text, note }: Shown): string => (note === undefined ? text : `${text}   <- ${note}`)

function changesOf(step: Step, shown: Pick<NonNullable<Request['shown']>, 'preview'> | undefined, around: Around) {
  if (step.after !== undefined) return [`not read: step ${step.after} changes it first`]
  const words = previewWords({ preview: step.preview, ...(shown?.preview ? { shown } : {}) }, around)
  return words.map((each) => (step.preview?.failed === undefined && step.preview ? `changes ${each}` : each))
}

/** An option of `narrow`, with its smallest value and its range. */
export type Less = { option: string; range: string }

/** @param prefix before the name of an argument: the number of its step */
export function lessThan({ of, name, least, most, decimal, items }: Narrowable, prefix = ''): Less {
  if (of === 'items') {
    const left = JSON.stringify((items ?? []).slice(0, -1)).replaceAll("'", "'\\''")
    return { option: `--set '${prefix}${name}=${left}'`, range: `${least}..${most - 1} of its items, in their order` }
  }
  const option = of === 'argument' ? `--set ${prefix}${name}=` : `--${name} `
  if (decimal) return { option: `${option}${least}`, range: `${least} to under ${most}` }
  return { option: `${option}${most - 1}`, range: `${least}..${most - 1}` }
}

/** The parts of a plan that an approver may narrow. */
export function lessOf({ steps = [] }: Request): Less[] {
  const left = steps.filter(({ status }) => status !== 'struck')
  const numbers = left.flatMap(({ step, narrowable }) => narrowable.map((each) => lessThan(each, `${step}.`)))
  const [last] = left.toReversed()
  const strike =
    left.length > 1 && last ? [{ option: `--strike ${last.step}`, range: left.map(({ step }) => step).join('|') }] : []
  return [...strike, ...numbers]
}

const Told = z.array(
  z.looseObject({
    agent: z.string(),
    action: z.string(),
    arguments: z.record(z.string(), z.unknown()),
    resource: z.looseObject({ id: z.string() }),
  }),
)

/** The steps that an approver struck out or narrowed, in their order. */
export function lessSteps(from: unknown, to: unknown): string[] {
  const [before, after] = [Told.safeParse(from), Told.safeParse(to)]
  if (!before.success || !after.success) return ['its steps']
  const left = [...after.data]
  return before.data.flatMap((step, index) => {
    const [next] = left
    const isKept = next && isSame(step, next)
    const isOfIt = next && isSame([step.agent, step.action, step.resource], [next.agent, next.action, next.resource])
    if (!isKept && (!isOfIt || before.data.slice(index + 1).some((later) => isSame(later, next))))
      return [`${step.action} by ${step.agent} on ${step.resource.id} struck out`]
    left.shift()
    return Object.entries(step.arguments).flatMap(([name, value]) => {
      const now = next?.arguments[name]
      if (isSame(value, now)) return []
      return [`${name} of ${step.action} by ${step.agent} ${JSON.stringify(value)} to ${JSON.stringify(now)}`]
    })
  })
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other)

import { randomUUID } from 'node:crypto'
import { Halt, Halts } from '../../functions/domain/cards/wire/people.ts'
import { type Context, type IdTyped, show } from '../context.ts'
import { type Exit, Refusal, wrongUsage } from '../outcome.ts'
import { readPages } from '../pages.ts'
import { type Around, fact, lines, table, time, timeAndSpan } from '../screen.ts'
import { readTime } from '../span.ts'

const kinds = ['agent', 'owner', 'person', 'role', 'environment', 'action'] as const

/** @throws Refusal */
export function readTarget(typed: string): { [kind: string]: string | true } {
  if (typed === 'all') return { all: true }
  const [, prefix] = /^(agent|person):./.exec(typed) ?? []
  if (prefix !== undefined) return { [prefix]: typed }
  const [, kind = '', value] = /^([a-z]+)=(.+)$/s.exec(typed) ?? []
  if (value !== undefined && (kinds as readonly string[]).includes(kind)) return { [kind]: value }
  throw wrongUsage(
    `\`${typed}\` is nothing that can be halted`,
    'write agent:NAME, person:NAME, owner=person:NAME, role=ARN, environment=NAME, action=NAME, or all',
  )
}

export type HaltTyped = { target: string; reason: string; until?: string }

export async function halt({ target, reason, until }: HaltTyped, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const json = {
    ...readTarget(target),
    reason,
    ...(until === undefined ? {} : { until: readTime('--until', until, 1, surroundings) }),
  }
  const declared = await api.call(Halt, {
    ...{ method: 'POST', path: '/v1/halts', json },
    headers: { 'idempotency-key': randomUUID() },
  })
  return show(context, declared, () => [
    `HALTED ${targetOf(declared)}  ${declared.id}`,
    ...fact('until', endOf(declared, surroundings)),
    ...fact('lift', `another person: npx --no-install hotwork lift ${declared.id}`),
  ])
}

export async function halts({ all, limit }: { all: boolean; limit: number }, context: Context): Promise<Exit> {
  const { surroundings } = context
  const { items: shown, more } = await readHalts(all, limit, context)
  if (more) surroundings.err(`there may be more than these ${shown.length}: ask for more with --limit\n`)
  const rows = shown.map((each) => [
    each.id,
    targetOf(each),
    time(each.at, surroundings),
    each.by,
    endOf(each, surroundings),
    each.reason,
  ])
  const words = () =>
    rows.length === 0
      ? [all ? 'none' : 'nothing is halted']
      : table(['ID', 'TARGET', 'SINCE', 'BY', 'UNTIL', 'WHY'], rows, surroundings.columns)
  return show(context, { halts: shown, more }, words)
}

const readHalts = (all: boolean, limit: number, { api }: Pick<Context, 'api'>) =>
  readPages(api, { path: '/v1/halts', query: { all: all ? 'true' : undefined } }, Halts, (page) => page.halts, {
    limit,
  })

/** Lifts a halt. An ended one stays, and the answer names the person who lifted it. */
export async function lift({ id }: IdTyped, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const lifted = await api
    .call(Halt, { method: 'DELETE', path: `/v1/halts/${encodeURIComponent(id)}` })
    .catch(async (trouble: unknown) => {
      if (!(trouble instanceof Refusal) || trouble.told.code !== 'already_lifted') throw trouble
      const found = (await readHalts(true, Number.POSITIVE_INFINITY, context)).items.find((each) => each.id === id)
      if (!found) throw trouble
      surroundings.err(lines('it is over already'))
      return found
    })
  return show(context, lifted, () => [
    `LIFTED ${targetOf(lifted)}  ${lifted.id}`,
    ...fact('until', endOf(lifted, surroundings)),
    ...fact('note', 'lifting revives nothing: agents ask again'),
  ])
}

function targetOf(halt: Halt): string {
  const kind = kinds.find((each) => halt[each] !== undefined)
  if (kind === undefined) return 'all'
  const value = halt[kind] ?? ''
  return kind === 'agent' || kind === 'person' ? value : `${kind}=${value}`
}

function endOf({ until, lifted }: Halt, surroundings: Around): string {
  if (lifted) return `lifted by ${lifted.by} at ${time(lifted.at, surroundings)}`
  return until === undefined ? 'a person lifts it' : timeAndSpan(until, surroundings)
}

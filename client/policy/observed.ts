import * as z from 'zod'
import { Observed } from '../../functions/domain/cards/wire/ledger.ts'
import { type Context, show } from '../context.ts'
import { type Entry, splitId } from '../ledger/entry.ts'
import { searchPages } from '../ledger/search.ts'
import type { Exit } from '../outcome.ts'
import { table, time } from '../screen.ts'
import { readTime } from '../span.ts'
import { wouldHaveBeen } from './observed-words.ts'

export type ObservedTyped = { since: string; policy?: string }

/** Entries for which policy was asked, and could have an observed outcome. */
const acts: ReadonlySet<string> = new Set([
  'Submitted',
  'Decided',
  'Denied',
  'Delegated',
  'CredentialIntended',
  'UseBegun',
  'Revoked',
  'BreakGlassOpened',
  'Reviewed',
  'Refused',
])
/** The number of listed results for each policy. */
const told = 5

type Otherwise = { entry: Entry; observed: Observed }
type Of = { count: number; outcomes: Map<string, number>; last: Otherwise[] }
type Asked = { agent: string; action: string }

/**
 * Prints, for each observed policy, how often it would have changed the outcome since a time, and the last few results.
 */
export async function showObserved({ since, policy }: ObservedTyped, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const from = readTime('--since', since, -1, surroundings)
  const found = new Map<string, Of>(policy === undefined ? [] : [[policy, newOf()]])
  const asked = new Map<string, Asked>()
  let count = 0
  for await (const page of searchPages(api, { since: from }))
    for (const { entry } of page) {
      const { record } = splitId(entry.id)
      const what = askedIn(entry)
      if (what) asked.set(record, what)
      if (acts.has(entry.type) && entry.actor.type !== 'system') count += 1
      const observed = Observed.safeParse(entry.facts['observed'])
      if (observed.success) add(found, { entry, observed: observed.data }, policy)
    }
  const policies: Told[] = []
  for (const [id, { count: otherwise, outcomes, last }] of [...found].toSorted(([, a], [, b]) => b.count - a.count)) {
    const examples: Example[] = []
    for (const each of last) examples.push(await exampleOf(each, asked, context))
    policies.push({ policy: id, otherwise, would_be: Object.fromEntries(outcomes), last: examples })
  }
  return show(context, { since: from, acts: count, policies }, () => [
    `since ${time(from, surroundings)}: ${count} ${count === 1 ? 'act' : 'acts'} that policy was asked about`,
    ...(policies.length === 0 ? ['no observed policy would have changed an outcome'] : []),
    ...policies.flatMap(({ policy: id, otherwise, would_be, last }) => [
      '',
      `${id}: ${otherwise} of ${count} would have changed${outcomesText(would_be)}`,
      ...(last.length === 0
        ? []
        : table(
            head,
            last.map((each) => rowOf(each, context)),
            surroundings.columns,
          )),
    ]),
  ])
}

const newOf = (): Of => ({ count: 0, outcomes: new Map(), last: [] })

function add(found: Map<string, Of>, otherwise: Otherwise, only: string | undefined): void {
  for (const id of otherwise.observed.policies) {
    if (only !== undefined && id !== only) continue
    const of = found.get(id) ?? newOf()
    const would = wouldHaveBeen(otherwise.observed)
    found.set(id, {
      count: of.count + 1,
      outcomes: of.outcomes.set(would, (of.outcomes.get(would) ?? 0) + 1),
      last: [...of.last, otherwise].slice(-told),
    })
  }
}

const outcomesText = (outcomes: { readonly [would: string]: number }): string => {
  const each = Object.entries(outcomes).map(([would, count]) => `${count} ${would}`)
  return each.length === 0 ? '' : `: ${each.join(', ')}`
}

const Asks = z.looseObject({ action: z.string(), agent: z.looseObject({ id: z.string() }) })
const Shown = z.looseObject({ action: z.string(), agent: z.string() })

const askedIn = ({ facts }: Entry): Asked | undefined => {
  const ask = Asks.safeParse(facts['ask'])
  return ask.success ? { agent: ask.data.agent.id, action: ask.data.action } : undefined
}

type Told = { policy: string; otherwise: number; would_be: { [would: string]: number }; last: readonly Example[] }
type Example = {
  entry: string
  at: string
  request: string | null
  agent: string
  action: string
  was: string
  would_be: string
}

async function exampleOf(
  { entry, observed }: Otherwise,
  known: Map<string, Asked>,
  { api }: Pick<Context, 'api'>,
): Promise<Example> {
  const { record } = splitId(entry.id)
  const isRequest = record.startsWith('req_')
  const own = { agent: entry.actor.id, action: String(entry.facts['action'] ?? '') }
  if (isRequest && !known.has(record)) known.set(record, await askedFor(record, api))
  const what = known.get(record) ?? own
  return {
    ...{ entry: entry.id, at: entry.at, request: isRequest || record.startsWith('bgl_') ? record : null },
    ...{ agent: what.agent, action: what.action, was: wasOf(entry), would_be: wouldHaveBeen(observed) },
  }
}

const askedFor = (id: string, api: Context['api']): Promise<Asked> =>
  api.call(Shown, { method: 'GET', path: `/v1/requests/${id}` })

/** The recorded outcome. */
function wasOf({ type, facts }: Entry): string {
  switch (type) {
    case 'Submitted':
      return `permitted at tier ${facts['tier']}`
    case 'Decided':
      return `${facts['verdict'] === 'deny' ? 'denied' : 'approved'} as ${facts['as']}`
    case 'Refused':
      return `refused (${facts['code']})`
    default:
      return `permitted (${type})`
  }
}

const head = ['REQUEST', 'AT', 'AGENT', 'ACTION', 'WAS', 'WOULD HAVE BEEN']
const rowOf = ({ entry, at, request, ...each }: Example, { surroundings }: Pick<Context, 'surroundings'>) => [
  request ?? entry,
  time(at, surroundings),
  each.agent,
  each.action,
  each.was,
  each.would_be,
]

// Rules: test/operations/policy-change/replay.test.ts
import type { NumericDate } from '../../functions/domain/values.ts'

/** An answer of policy, recorded or replayed: the scrutiny that the ask needs, or a refusal. */
export type Verdict = {
  /** The tier of an agent's ask; 0 for a yes without tiers, undefined for a no. */
  tier?: number
  words: string
  policies: readonly string[]
  detail?: string
}

export const permitted = (policies: readonly string[]): Verdict => ({ tier: 0, words: 'permitted', policies })
export const atTier = (tier: number, policies: readonly string[]): Verdict => ({
  tier,
  words: `tier ${tier}`,
  policies,
})
export const refused = (policies: readonly string[], code?: string, detail?: string): Verdict => ({
  words: code === undefined ? 'refused' : `refused (${code})`,
  policies,
  ...(detail === undefined ? {} : { detail }),
})

/** The subject of a recorded question. `question` is the act in question. */
export type Subject = {
  question: string
  action?: string
  agent?: string
  person?: string
  stage?: string
}

export const notAskedBecause = {
  noArguments: 'refused evaluations, submissions and openings: the record does not have their arguments',
  begunBefore: 'the entries that they rest on are not in this ledger: it began before, or the export left them out',
  groupsOfSources: 'they depend on the members of a group with a source, which the record does not have',
  taskNotLookedUp: 'these policies need a look-up of the parent task, which was not made then',
  notKept: 'the bundle that decided them was not kept, or this version cannot read it',
  neverCame: 'these policies refuse the acts before them, so they would not have occurred',
} as const
export type NotAskedBecause = keyof typeof notAskedBecause

export type Otherwise = Subject & {
  from: string
  to: string
  /** The policies of the replay that determined the answer. Empty if none permits. */
  policies: readonly string[]
  /** The policies in force when it was recorded. */
  before: readonly string[]
  detail?: string
  count: number
  /** The first two records with this change. */
  examples: readonly string[]
}

/** An approval by people that would be insufficient. */
export type NotEnough = {
  request: string
  action: string
  agent: string
  tier: number
  /** The tier needed now, and the tier that the recorded approvals satisfy. */
  needs: number
  satisfies: number
  why: readonly string[]
}

export type Replayed = {
  questions: number
  requests: number
  entries: number
  from?: NumericDate
  until?: NumericDate
  widened: readonly Otherwise[]
  narrowed: readonly Otherwise[]
  approvals: readonly NotEnough[]
  notAsked: { readonly [because in NotAskedBecause]?: number }
  /** Unreadable entries: of a newer version, or with an invalid form. */
  unreadable: { newer: number; others: number; first?: string }
  /** Chains with invalid hashes. */
  broken: readonly string[]
}

const mostExamples = 2

/** Counts the replayed questions, and groups the changed answers. */
export class Tally {
  #questions = 0
  readonly #otherwise = new Map<string, Otherwise & { widens: boolean }>()
  readonly #approvals: NotEnough[] = []
  readonly #notAsked = new Map<NotAskedBecause, number>()

  asked(record: string, about: Subject, from: Verdict, to: Verdict): void {
    this.#questions += 1
    const way = wayOf(from, to)
    if (way === 'same') return
    const { policies, detail } = to
    const found = { ...about, from: from.words, to: to.words, policies }
    const key = JSON.stringify(found)
    const before = this.#otherwise.get(key)
    const examples = [...new Set([...(before?.examples ?? []), record])].slice(0, mostExamples)
    const own = { ...found, before: from.policies, ...(detail === undefined ? {} : { detail }) }
    this.#otherwise.set(key, {
      ...(before ?? own),
      count: (before?.count ?? 0) + 1,
      examples,
      widens: way === 'widened',
    })
  }

  /** Counts a question whose recorded approvals are insufficient. */
  notEnough(found: NotEnough): void {
    this.#questions += 1
    this.#approvals.push(found)
  }

  notAsked(because: NotAskedBecause, count = 1): void {
    this.#notAsked.set(because, (this.#notAsked.get(because) ?? 0) + count)
  }

  get result(): Pick<Replayed, 'questions' | 'widened' | 'narrowed' | 'approvals' | 'notAsked'> {
    const all = [...this.#otherwise.values()].toSorted((one, other) => other.count - one.count)
    const going = (way: boolean) => all.filter(({ widens }) => widens === way).map(({ widens: _, ...each }) => each)
    return {
      questions: this.#questions,
      widened: going(true),
      narrowed: going(false),
      approvals: this.#approvals,
      notAsked: Object.fromEntries(this.#notAsked),
    }
  }
}

/** The direction of a change. Less scrutiny is wider. Refusals for different reasons are equal. */
function wayOf({ tier: from = never }: Verdict, { tier: to = never }: Verdict): 'widened' | 'narrowed' | 'same' {
  if (from === to) return 'same'
  return to < from ? 'widened' : 'narrowed'
}
const never = Number.POSITIVE_INFINITY

import type { NumericDate } from '../../functions/domain/values.ts'

/** What was asked of policy, or is under other policies: how much scrutiny it takes, or why it may not be. */
export type Verdict = {
  /** Of an agent's ask; 0 where it was a plain yes. Undefined where the answer was no. */
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

/** What a recorded question was about. `question`: the act that it was asked for. */
export type Subject = {
  question: string
  action?: string
  agent?: string
  person?: string
  stage?: string
}

export const notAskedBecause = {
  noArguments: 'refused evaluations, submissions and openings: the record does not keep what was asked for',
  begunBefore: 'what they rest on is not in this ledger: it began before, or was left out of the export',
  groupsOfSources: 'they depend on who was in a group that has a source, which the record does not say',
  taskNotLookedUp: 'these policies want the parent task looked up, and it was not looked up then',
  notKept: 'the bundle that decided them is not kept, or is of a version that this one cannot read',
  neverCame: 'these policies refuse what they follow from, so they would not have come up',
} as const
export type NotAskedBecause = keyof typeof notAskedBecause

export type Otherwise = Subject & {
  from: string
  to: string
  /** Of the policies that it was replayed under: those that determined the answer. None where no policy permits it. */
  policies: readonly string[]
  /** Of the policies of then. */
  before: readonly string[]
  detail?: string
  count: number
  /** The first two records in which it stands. */
  examples: readonly string[]
}

/** An approval that people gave, and that would not have been enough. */
export type NotEnough = {
  request: string
  action: string
  agent: string
  tier: number
  /** What is asked for now, and what the recorded approvals satisfy. */
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
  /** Entries that could not be read: of a newer version, or not as an entry of their type is. */
  unreadable: { newer: number; others: number; first?: string }
  /** Chains whose hashes do not fit. */
  broken: readonly string[]
}

const mostExamples = 2

/** Counts what was asked again, and keeps what was answered otherwise, alike answers together. */
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

  /** A question whose answer is that the approvals do not suffice. */
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

/** Less scrutiny is wider. A no for another reason is the same no. */
function wayOf({ tier: from = never }: Verdict, { tier: to = never }: Verdict): 'widened' | 'narrowed' | 'same' {
  if (from === to) return 'same'
  return to < from ? 'widened' : 'narrowed'
}
const never = Number.POSITIVE_INFINITY

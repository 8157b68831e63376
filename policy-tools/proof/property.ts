// Rules: test/policies/changes/prove.test.ts
import * as z from 'zod'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import { settingsOf } from '../../functions/domain/policy/bundle.ts'
import { sometimesUnpinned } from '../../functions/domain/policy/catalogue.ts'
import type { CaseExample } from '../change/change.ts'

/** `prove.json` of a policy folder: the expectations that only its author knows. */
export const ProveFile = z.strictObject({
  /** Environments of resources.json in which every action needs people. */
  people: z.array(z.string().min(1)).default([]),
  /** Policies that may be dead today, since they guard against an error in another policy. */
  standby: z.array(z.string().min(1)).default([]),
})
export type ProveFile = z.infer<typeof ProveFile>

/** One property of all possible questions. */
export type Property =
  | { kind: 'more_approval'; action: string; from: number; to: number }
  | { kind: 'people'; action: string; environments: readonly string[] }
  | { kind: 'never_errs'; action: string }
  | { kind: 'decides'; policy: string; effect: 'permit' | 'forbid'; actions: readonly string[] }
  | { kind: 'no_wider'; action: string }
  | { kind: 'left_open'; action: string; argument: string; policies: readonly string[] }

/** The compiler's facts about each policy of the folder. */
export type PolicyIndex = {
  readonly [id: string]: {
    effect: 'permit' | 'forbid'
    actions: readonly string[]
    reads: { arguments: readonly string[] | 'all' }
    observes?: boolean
  }
}

/** @param isCompared true if there are older policies that these must not exceed */
export function propertiesOf(
  bundle: Bundle,
  index: PolicyIndex,
  { people, standby }: ProveFile,
  isCompared = false,
): readonly Property[] {
  const actions = Object.keys(bundle.actions)
  const tiers = bundle.ladder.tiers.map(({ tier }) => tier)
  const counting = Object.entries(index).filter(([, { observes = false }]) => !observes)
  return [
    ...actions.flatMap((action) =>
      tiers.slice(1).map((to, at) => ({ kind: 'more_approval' as const, action, from: tiers[at] ?? 0, to })),
    ),
    ...(people.length === 0
      ? []
      : actions.map((action) => ({ kind: 'people' as const, action, environments: people }))),
    ...actions.flatMap((action) => leftOpen(bundle, index, action)),
    ...(isCompared ? Object.keys(bundle.policies).map((action) => ({ kind: 'no_wider' as const, action })) : []),
    ...Object.entries(bundle.policies)
      .filter(([, policies]) => Object.keys(policies).length > 0)
      .map(([action]) => ({ kind: 'never_errs' as const, action })),
    ...counting
      .filter(([policy]) => !standby.includes(policy))
      .map(([policy, { effect, actions: asked }]) => ({ kind: 'decides' as const, policy, effect, actions: asked })),
  ]
}

/** Each argument that some credential leaves open and some policy reads. */
function leftOpen(bundle: Bundle, index: PolicyIndex, action: string): Property[] {
  const entry = bundle.actions[action]
  if (!entry) return []
  return sometimesUnpinned(entry, settingsOf(bundle, entry)).flatMap((argument) => {
    const policies = Object.keys(bundle.policies[action] ?? {}).filter((id) => {
      const read = index[id]?.reads.arguments ?? []
      return read === 'all' || read.includes(argument)
    })
    return policies.length === 0 ? [] : [{ kind: 'left_open', action, argument, policies }]
  })
}

/** The claim of a property in one line. */
export function statementOf(property: Property): string {
  switch (property.kind) {
    case 'more_approval':
      return `${property.action}: tier ${property.to} permits all that tier ${property.from} permits`
    case 'people':
      return `${property.action}: nothing in ${property.environments.join(' or ')} without people`
    case 'never_errs':
      return `${property.action}: no policy errs`
    case 'no_wider':
      return `${property.action}: nothing is permitted that OLD refuses`
    case 'decides':
      return `${property.policy}: some answer depends on it`
    case 'left_open':
      return `${property.action}: no answer depends on ${property.argument} where the credential leaves it open`
    default:
      return property satisfies never
  }
}

/** Facts under which a property fails. */
export type Counterexample = {
  /** Each side's answer in a sentence. */
  says: string
  /** The facts, under the names that policies use. */
  facts: { readonly [path: string]: string }
  /** The case, if the facts can be asked for. Pasted into cases/*.json, it holds. */
  case?: CaseExample
}

export type Verdict =
  | { outcome: 'holds' }
  | { outcome: 'fails'; why: string; counterexample?: Counterexample }
  /** A timeout, or a property that the sample did not reach. */
  | { outcome: 'unproved'; why: string }
  /** The tools failed, so nothing is known. */
  | { outcome: 'fault'; why: string }

export type Judged = { property: Property; verdict: Verdict; milliseconds: number }

type By = { readonly policies: readonly string[] }

export const namesOf = (answer: By | undefined): string =>
  answer?.policies.map((id) => `\`${id}\``).join(', ') || 'no policy in particular'

export const refusedBy = (answer: By | undefined): string =>
  answer?.policies.length ? `refused by ${namesOf(answer)}` : 'refused, since no policy permits it'

export const withValue = (argument: string, value: unknown): string =>
  value === undefined ? `no \`${argument}\`` : `\`${argument}\` ${JSON.stringify(value)}`

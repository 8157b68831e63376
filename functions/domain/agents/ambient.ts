import type { Ambient, HostFacts } from '../people/host.ts'
import { probedHost } from '../people/host-kinds.ts'
import { type Agent, ruleOf } from '../people/organisation.ts'
import { accountIdOf, accountOf, type Bundle } from '../policy/bundle.ts'
import type { NumericDate, Resource } from '../values.ts'
import { recordOf } from './activity.ts'
import type { AgentFile, Looked } from './agent-file.ts'

/** A question to IAM about a host: one action of the catalogue on an example resource of one rule of resources.json. */
export type HostQuestion = {
  action: string
  /** The IAM actions, all of which the host needs. */
  iamActions: readonly string[]
  type: string
  /** The rule's pattern. */
  rule: string
  /** An ARN that no earlier rule matches. Without one, IAM is not asked. */
  example?: string
  /** True if the resource is in a different account, which must allow it too, beyond IAM's simulation. */
  isElsewhere: boolean
}

/** The answer of IAM about one action on one resource. */
export type Simulated = {
  action: string
  resource: string
  decision: 'allowed' | 'denied'
  /** Condition keys in a policy whose values are known only at the call. */
  missing: readonly string[]
  /** The policies that determined the answer, as IAM names them. */
  by: readonly string[]
}

/** Seconds for which an answer of IAM holds. */
export const lookHolds = 7 * 86_400

const arnParts = 6
const words = ['example', 'sample', 'anything', 'x1'] as const

/** The limit of stored answers, since a row of the table has at most 400 kB. An action beyond it is unknown. */
const mostAnswers = 2000

export function hostQuestions(bundle: Bundle, role: string): readonly HostQuestion[] {
  const all = Object.values(bundle.actions).flatMap((entry) => {
    const account = accountOf(bundle, entry)
    const { statement, resource } = entry
    if (!statement || !account) return []
    return bundle.resources
      .filter(({ type }) => type === resource.type)
      .map(({ id: rule }) => {
        const example = exampleOf(rule, resource.type, bundle, account)
        return {
          action: entry.name,
          iamActions: statement.actions,
          type: resource.type,
          rule,
          ...(example === undefined ? {} : { example }),
          isElsewhere: accountIdOf(role) !== account.accountId,
        }
      })
  })
  return all.slice(0, mostAnswers)
}

/**
 * `arn:*:ssm:*:*:parameter/staging/*` becomes `arn:aws:ssm:eu-west-1:111122223333:parameter/staging/example`. If a word
 * for `*` makes an ARN that an earlier rule matches, the next word is tried.
 */
export function exampleOf(
  rule: string,
  type: string,
  { resources }: Pick<Bundle, 'resources'>,
  { partition, region, accountId }: { partition: string; region: string; accountId: string },
): string | undefined {
  const parts = rule.split(':')
  if (parts[0] !== 'arn' || parts.length < arnParts) return undefined
  const [, , service, , , ...name] = parts
  const place = [partition, region, accountId]
  const [ofPartition, ofRegion, ofAccount] = [parts[1], parts[3], parts[4]].map((part, at) =>
    part === '*' ? place[at] : part,
  )
  for (const word of words) {
    const example = ['arn', ofPartition, service, ofRegion, ofAccount, name.join(':').replaceAll('*', word)].join(':')
    if (ruleOf(resources, { type, id: example })?.id === rule) return example
  }
  return undefined
}

/** `denied` only if IAM said no and knew the value of every condition key; `unknown` if IAM did not answer. */
export function answerOf({ iamActions, example, isElsewhere }: HostQuestion, said: readonly Simulated[]): Ambient {
  if (example === undefined) return 'unknown'
  const answers = iamActions.map((action) => said.find((each) => each.action === action && each.resource === example))
  if (answers.some((each) => each?.decision === 'denied' && each.missing.length === 0)) return 'denied'
  if (answers.some((each) => each?.decision !== 'allowed')) return 'unknown'
  return isElsewhere ? 'unknown' : 'allowed'
}

const order: readonly Ambient[] = ['denied', 'unknown', 'allowed']
export const worst = (answers: readonly Ambient[], otherwise: Ambient): Ambient =>
  answers.reduce((one, other) => (order.indexOf(other) > order.indexOf(one) ? other : one), answers[0] ?? otherwise)

/** If the host perhaps reaches the role, its rights are unknown; denials stay denials. */
export const ifReached = (answer: Ambient, isCertain: boolean): Ambient =>
  answer === 'allowed' && !isCertain ? 'unknown' : answer

/**
 * The answers of several roles as one: the worst for each action and rule. Without any role an action is denied. If
 * roles were skipped, an action counts as unknown unless it is allowed.
 */
export function together(bundle: Bundle, each: readonly Looked['actions'][], isComplete: boolean): Looked['actions'] {
  const asked = hostQuestions(bundle, '')
  return Object.fromEntries(
    [...Map.groupBy(asked, ({ action }) => action)].map(([action, questions]) => [
      action,
      questions.map(({ rule }) => {
        const said = each.flatMap((answers) => (answers[action] ?? []).filter(({ resource }) => resource === rule))
        const all = said.map(({ answer }) => answer)
        const answer = worst(isComplete ? all : [...all, 'unknown'], 'denied')
        const by = [...new Set(said.flatMap((one) => (one.answer === 'allowed' ? (one.by ?? []) : [])))]
        return { resource: rule, answer, ...(answer === 'allowed' && by.length > 0 ? { by } : {}) }
      }),
    ]),
  )
}

/** The look, if it is of the agent's present host and at most a week old. */
export const inForce = (looked: Looked | undefined, { runsOn }: Pick<Agent, 'runsOn'>, now: NumericDate) =>
  looked?.role === probedHost(runsOn)?.where && now - (looked?.failed?.answersOf ?? looked?.at ?? 0) < lookHolds
    ? looked
    : undefined

/** IAM's answer of the last week on whether an agent's host can do this without Hotwork. */
export function ambientOf(
  looked: Looked | undefined,
  agent: Pick<Agent, 'runsOn'> | undefined,
  { action, resource, rules }: { action: string; resource: Resource; rules: Bundle['resources'] },
  now: NumericDate,
): Ambient {
  const { actions = {} } = (agent && inForce(looked, agent, now)) ?? {}
  const rule = ruleOf(rules, resource)
  const answers = Object.hasOwn(actions, action) ? actions[action] : undefined
  return answers?.find((each) => each.resource === rule?.id)?.answer ?? 'unknown'
}

/** The facts about an agent that policy reads beside its file. */
export const hostFacts = (
  { looked, activity }: Pick<AgentFile, 'looked' | 'activity'>,
  agent: Pick<Agent, 'runsOn'> | undefined,
  about: Parameters<typeof ambientOf>[2],
  now: NumericDate,
): HostFacts => ({
  ambient: ambientOf(looked, agent, about, now),
  record: recordOf(activity),
  ...(looked?.silent?.length === 0 ? { live: true } : {}),
})

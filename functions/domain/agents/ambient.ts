import type { Ambient, HostFacts } from '../people/host.ts'
import { probedHost } from '../people/host-kinds.ts'
import { type Agent, fitsPattern, ruleOf } from '../people/organisation.ts'
import { type Account, accountIdOf, accountOf, type Bundle } from '../policy/bundle.ts'
import type { NumericDate, Resource } from '../values.ts'
import { recordOf } from './activity.ts'
import type { AgentFile, Looked } from './agent-file.ts'
import { guardedResources } from './guardrail.ts'

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
  /** True if the guardrail of the role denies it. */
  isGuarded: boolean
}

/** The answer of IAM about one action on one resource. */
export type Simulated = {
  action: string
  resource: string
  decision: 'allowed' | 'denied'
  /** True if a policy or boundary denies it, rather than none allowing it. */
  explicit?: true
  /** Condition keys in a policy whose values are known only at the call. */
  missing: readonly string[]
  /** The policies that determined the answer, as IAM names them. */
  by: readonly string[]
}

/** Seconds for which an answer of IAM holds. */
export const lookHolds = 7 * 86_400

const arnParts = 6
const words = ['example', 'sample', 'anything', 'x1', 'example/example', 'example/example/example'] as const

type Place = { partition: string; region: string; accountId: string }

/** The limit of stored answers, since a row of the table has at most 400 kB. An action beyond it is unknown. */
const mostAnswers = 2000

/** The questions about each action as a whole: the first action beyond the limit has none. */
export function hostQuestions(bundle: Bundle, role: string): readonly HostQuestion[] {
  const all = actionsOfAws(bundle).flatMap(({ entry, statement, account, rules }) => {
    const isElsewhere = accountIdOf(role) !== account.accountId
    const acted = guardedResources(statement, account)
    const guarded = entry.mutates && !isElsewhere ? acted : []
    return rules.map(({ id: rule, type }) => {
      const example = exampleOf(rule, type, bundle, { ...account, acted })
      return {
        action: entry.name,
        iamActions: statement.actions,
        type,
        rule,
        ...(example === undefined ? {} : { example }),
        isElsewhere,
        isGuarded: guarded.some((pattern) => fitsPattern(pattern, example ?? '')),
      }
    })
  })
  const cut = all[mostAnswers]?.action
  return all.slice(0, mostAnswers).filter(({ action }) => action !== cut)
}

/** The actions about which IAM can be asked, with the rules of their resources. */
const actionsOfAws = (bundle: Bundle) =>
  Object.values(bundle.actions).flatMap((entry) => {
    const account: Account | undefined = accountOf(bundle, entry)
    const rules = bundle.resources.filter(({ type }) => type === entry.resource.type)
    return entry.statement && account && rules.length > 0 ? [{ entry, statement: entry.statement, account, rules }] : []
  })

/** The answers of a look, and `unknown` for each action about which it did not ask. */
export const withUnasked = (bundle: Bundle, actions: Looked['actions']): Looked['actions'] => ({
  ...Object.fromEntries(actionsOfAws(bundle).map(({ entry }) => [entry.name, [{ resource: '*', answer: 'unknown' }]])),
  ...actions,
})

/**
 * `arn:*:ssm:*:*:parameter/staging/*` becomes `arn:aws:ssm:eu-west-1:111122223333:parameter/staging/example`. If a word
 * for `*` makes an ARN that an earlier rule matches, or that the action cannot have, the next word is tried.
 *
 * @param acted the patterns of the resources on which the action acts
 */
export function exampleOf(
  rule: string,
  type: string,
  { resources }: Pick<Bundle, 'resources'>,
  { partition, region, accountId, acted = ['*'] }: Place & { acted?: readonly string[] },
): string | undefined {
  const parts = rule.split(':')
  if (parts[0] !== 'arn' || parts.length < arnParts) return undefined
  const [, , service, , , ...name] = parts
  const place = [partition, region, accountId]
  const [ofPartition, ofRegion, ofAccount] = [parts[1], parts[3], parts[4]].map((part, at) =>
    part === '*' ? place[at] : part,
  )
  const made = words.map((word) =>
    ['arn', ofPartition, service, ofRegion, ofAccount, name.join(':').replaceAll('*', word)].join(':'),
  )
  // Last, the one resource on which the action acts, if it names one.
  return [...made, ...acted.filter((pattern) => !pattern.includes('*'))].find(
    (example) =>
      ruleOf(resources, { type, id: example })?.id === rule && acted.some((pattern) => fitsPattern(pattern, example)),
  )
}

/** A denial whose condition keys are all known. */
export const isDenial = ({ decision, missing }: Simulated): boolean => decision === 'denied' && missing.length === 0

/** `denied` only if IAM said no and knew the value of every condition key; `unknown` if IAM did not answer. */
export function answerOf({ iamActions, example, isElsewhere }: HostQuestion, said: readonly Simulated[]): Ambient {
  if (example === undefined) return 'unknown'
  const answers = iamActions.map((action) => said.find((each) => each.action === action && each.resource === example))
  if (answers.some((each) => each && isDenial(each))) return 'denied'
  if (answers.some((each) => each?.decision !== 'allowed')) return 'unknown'
  return isElsewhere ? 'unknown' : 'allowed'
}

/** True if a policy denies it, or the guardrail leaves it out. */
export const isHeld = ({ iamActions, example, isGuarded }: HostQuestion, said: readonly Simulated[]): boolean =>
  !isGuarded ||
  said.some(
    ({ action, resource, explicit, missing }) =>
      explicit === true && missing.length === 0 && resource === example && iamActions.includes(action),
  )

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
        const isExplicit = answer === 'denied' && said.length > 0 && said.every(({ explicit }) => explicit)
        return {
          ...{ resource: rule, answer },
          ...(answer === 'allowed' && by.length > 0 ? { by } : {}),
          ...(isExplicit ? { explicit: true } : {}),
        }
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

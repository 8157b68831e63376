// Rules: test/operations/policy-change/replay.test.ts
import {
  groupsToRead,
  type Readings,
  type SourcesSaid,
  sourceOfGroup,
} from '../../functions/domain/people/group-source.ts'
import type { Directory } from '../../functions/domain/people/organisation.ts'
import type { Account, Bundle } from '../../functions/domain/policy/bundle.ts'
import type { Answer, Ask } from '../../functions/domain/policy/question.ts'
import type { Resource } from '../../functions/domain/values.ts'
import type { Policy } from '../../functions/operations/policy/ports.ts'
import { rememberAnswers } from './remember-answers.ts'

const always = Number.MAX_SAFE_INTEGER

type Named = { action: string; resource: Resource }

/**
 * The policies to replay a record under. The people who acted were certified at that time, so the files' own dates are
 * not used.
 */
export class Rules {
  readonly bundle: Bundle
  readonly #ask: Ask
  readonly #accountsFromRecord: boolean
  readonly #byAccounts = new Map<string, Policy>()
  /** Possible answers of group sources, from no members to everyone. */
  readonly said: readonly SourcesSaid[]

  /** @param accountsFromRecord for a made-up deployment: resources keep their recorded accounts */
  constructor(policy: Policy, { accountsFromRecord = false }: { accountsFromRecord?: boolean } = {}) {
    const { agents, ...rest } = policy.bundle
    this.bundle = { ...rest, agents: agents.map((agent) => ({ ...agent, recertifyBy: always })) }
    this.#ask = rememberAnswers(policy.bundle, (question) => policy.ask(question))
    this.#accountsFromRecord = accountsFromRecord
    this.said = sayings(rest.directory)
  }

  /** The policy for the accounts of these names. */
  for(named: readonly Named[] = []): Policy {
    const accounts = this.#accountsFromRecord ? accountsIn(this.bundle, named) : {}
    const key = JSON.stringify(accounts)
    const before = this.#byAccounts.get(key)
    if (before) return before
    const { deployment } = this.bundle
    const bundle = {
      ...this.bundle,
      deployment: { ...deployment, accounts: { ...deployment.accounts, ...accounts } },
    }
    const made: Policy = { bundle, ask: this.#ask }
    this.#byAccounts.set(key, made)
    return made
  }

  /** The answer; undefined if it depends on the members of a group with a source. */
  certain(ask: (said: SourcesSaid) => Answer, claimed?: SourcesSaid['claimed']): Answer | undefined {
    const answers = this.said.map((each) => ask({ ...each, ...(claimed && { claimed }) }))
    const [first] = answers
    return answers.every(({ permit }) => permit === first?.permit) ? first : undefined
  }
}

function sayings(directory: Directory): readonly SourcesSaid[] {
  const { sources = {}, people } = directory
  if (Object.keys(sources).length === 0) return [{}]
  const members = people.map(({ id }) => ({ person: id }))
  const readings: Readings = Object.fromEntries(
    groupsToRead(directory).flatMap((group) => {
      const source = sourceOfGroup(directory, group)
      return source ? [[group, { source: source.key, members, readAt: 0, holdsUntil: always }]] : []
    }),
  )
  return [{}, { readings, claimed: { groups: Object.keys(sources), until: always } }]
}

/** The accounts in these ARNs, under their aliases. An ARN without an account, such as a bucket's, adds none. */
function accountsIn({ actions, deployment }: Bundle, named: readonly Named[]): { [alias: string]: Account } {
  return Object.fromEntries(
    named.flatMap(({ action, resource }) => {
      const alias = actions[action]?.account
      const account = alias === undefined ? undefined : deployment.accounts[alias]
      const [arn, partition, , region, accountId] = resource.id.split(':')
      if (alias === undefined || !account || arn !== 'arn') return []
      const found = { partition: partition || account.partition, region: region || account.region }
      return [[alias, { ...account, ...found, accountId: accountId || account.accountId } as Account]]
    }),
  )
}

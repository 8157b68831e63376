// Rules: test/targets/aws/runs/follower.test.ts
import { type Account, accountOf, type Bundle } from '../../../domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../../domain/policy/catalogue.ts'
import { argumentsOfRead } from '../../../domain/previews/preview-source.ts'
import type { Ask } from '../../../domain/record/request.ts'
import { defined, type JsonObject } from '../../../domain/values.ts'
import { faultName } from '../../../operations/faults.ts'
import type { Policy } from '../../../operations/policy/ports.ts'
import type { Clock, Log } from '../../../operations/ports.ts'
import type { Expressions } from '../../../operations/previews/sources.ts'
import type { RunFollower } from '../../reach.ts'
import type { AwsCredentialBroker, ModelCaller } from '../ports.ts'
import { followStatements } from '../rules/run-statements.ts'
import { runOf } from '../rules/runs.ts'
import { sessionPolicy } from '../rules/session-policy.ts'
import { facts } from '../rules/statement.ts'
import { settingsFor } from './describe-run.ts'
import type { SeenNow } from './run.ts'
import { runs } from './runs.ts'

export type FollowerPorts = {
  policy: Pick<Policy, 'bundle'>
  broker: AwsCredentialBroker
  models: ModelCaller
  expressions: Expressions
  /** Path and name of the follower in every AWS account. */
  followerRole: string
  clock: Clock
  log: Log
}

/** Seconds. */
const [looksFor, shortest] = [60, 900] as const
const milliseconds = 10_000

/** Follows runs by the data of their entries, each look in a session for that one run. */
export function followerOf(ports: FollowerPorts): RunFollower {
  const { broker, models, expressions, clock, log } = ports
  const { bundle } = ports.policy

  async function begin(ask: Ask, run: string) {
    const { entry, follow, account } = followed(ask, bundle)
    const credentials = await broker.assume({
      role: `arn:${account.partition}:iam::${account.accountId}:role/${ports.followerRole}`,
      externalId: account.externalId,
      sessionName: ask.id,
      tags: {},
      policy: sessionPolicy(followStatements(follow.rights, ask.arguments, run, account), clock.now() + looksFor, {
        drill: false,
      }),
      durationSeconds: shortest,
    })
    const settings = settingsFor(
      { bundle, entry, account },
      () => null,
      (model, args) => models.call({ model, arguments: args, account, credentials, milliseconds }),
    )
    const places = { ...facts(account), run }
    const filled = (template: JsonObject) => argumentsOfRead({ arguments: template }, ask.arguments, places)
    return { entry, follow, settings, filled }
  }

  /** @throws unless it is a boolean: an entry that was wrong ends no run */
  function holds(expression: string, answer: JsonObject): boolean {
    const value = expressions.search(expression, answer)
    if (typeof value !== 'boolean') throw new NotBoolean(`\`${expression}\` gave no boolean`)
    return value
  }

  return {
    kind: 'aws',
    async look(ask, run, shows) {
      const { entry, follow, settings, filled } = await begin(ask, run)
      const answer = await settings.call(follow.action, filled(follow.arguments))
      const action = runOf(entry)
      const { noteOf, seenNow } = (action && runs[action]) ?? {}
      const now = await seenNow?.(ask.arguments, settings, answer)
      const other = defined({ other: now && otherThan({ role: ask.runsAs, shows }, now) })
      if (!holds(follow.done, answer)) return { seen: 'running', ...other }
      if (holds(follow.succeeded, answer)) return { seen: 'ended', succeeded: true, ...other }
      const note = await noteOf?.(ask.arguments, settings).catch((fault: unknown) => {
        log.warn('run_without_note', { request: ask.id, fault: faultName(fault) })
        return undefined
      })
      return { seen: 'ended', succeeded: false, ...defined({ note }), ...other }
    },
    async cancel(ask, run) {
      if (!followed(ask, bundle).follow.cancel) return 'none'
      const { follow, settings, filled } = await begin(ask, run)
      const { action, arguments: args } = follow.cancel as NonNullable<typeof follow.cancel>
      await settings.call(action, filled(args))
      return 'sent'
    },
  }
}

function otherThan(approved: SeenNow, now: SeenNow): string | undefined {
  if (now.role !== approved.role) return `it acts as \`${now.role ?? 'none'}\``
  const isOther = approved.shows !== undefined && now.shows !== undefined && now.shows !== approved.shows
  return isOther ? 'its source or environment is another' : undefined
}

type Followed = { entry: CatalogueEntry; follow: NonNullable<CatalogueEntry['follow']>; account: Account }

function followed({ action }: Ask, bundle: Bundle): Followed {
  const entry = bundle.actions[action]
  const account = entry && accountOf(bundle, entry)
  if (!entry?.follow || !account) throw new TypeError(`nothing follows \`${action}\``)
  return { entry, follow: entry.follow, account }
}

class NotBoolean extends Error {
  override readonly name = 'NotBoolean'
}

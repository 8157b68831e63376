// Rules: test/operations/ledger/refused.test.ts
import { digestOf } from '../digest.ts'
import type { Rate } from '../policy/ladder.ts'
import type { ParentTask } from '../record/ask-terms.ts'
import {
  type AgentId,
  type Digest,
  defined,
  type JsonObject,
  type NumericDate,
  type RequestId,
  type Resource,
} from '../values.ts'

export type About = {
  action?: string
  /** The agent that a tool asked about. */
  agent?: AgentId
  request?: RequestId
  resource?: Resource
  parentTask?: ParentTask
  digest?: Digest
  /** The reason of an evaluation. */
  reason?: string
}

/** The time after an entry in which refusals of the same kind are only counted. Seconds. */
export const refusedWindow = 3600

/** The rate at which a chain gets separate entries for kinds of refusal. All others share one entry an hour. */
export const refusedKinds: Rate = { perMinute: 2, burst: 60 }

/**
 * The key of a row about refusals, beside the chain's head (`CHAIN#<chain>`): a role that may write one may write both.
 */
const rowOf = (chain: string, name: string) => `CHAIN#${chain}#${name}`

export function kindKey(chain: string, attempted: string, code: string, about: About): string {
  const { action = null, agent, request = null, resource = null, reason } = about
  const kind: JsonObject = { action, request, resource, ...defined({ agent, reason }) }
  return rowOf(chain, digestOf('hotwork.refused.v1', { attempted, code, ...kind }))
}
export const othersKey = (chain: string): string => rowOf(chain, 'others')
export const kindsKey = (chain: string): string => rowOf(chain, 'kinds')

export type Counted = { until: NumericDate; since: number }
export const writeCounted = ({ until, since }: Counted): string => `${until} ${since}`
export function readCounted(value: string | undefined): Counted {
  const [until = 0, since = 0] = value?.split(' ').map(Number) ?? []
  return { until, since }
}

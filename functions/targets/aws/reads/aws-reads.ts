import { bounded } from '../../../adapters/aws-client.ts'
import { type Account, accountOf } from '../../../domain/policy/bundle.ts'
import { describesRun } from '../../../domain/previews/preview-source.ts'
import type { ReadFault } from '../../../domain/record/preview.ts'
import type { Json, JsonObject } from '../../../domain/values.ts'
import { faultName } from '../../../operations/faults.ts'
import type { Policy } from '../../../operations/policy/ports.ts'
import type { Found, Reader } from '../../reach.ts'
import type { ReadModel } from '../models/read-model.ts'
import type { AwsReader, ModelledAsk } from '../ports.ts'
import { usesHandlers } from '../rules/reads.ts'
import { runOf } from '../rules/runs.ts'
import { describeRunAs } from '../runs/describe-run.ts'
import { callBy, type ModelCall } from './model-call.ts'
import type { ReaderSessions } from './reader-sessions.ts'

/** One try, since people wait for it and can retry. `patience` in milliseconds. */
const [tries, patience] = [1, 1500]

/** Reads in the account of an entry. */
export const readerOf = (aws: AwsReader, { policy }: { policy: Pick<Policy, 'bundle'> }): Reader => ({
  canRead: () => true,
  async read(ask, entry) {
    const account = accountOf(policy.bundle, entry)
    const model = policy.bundle.models?.[ask.action]
    if (!account) return { found: 'failed', why: 'unavailable', fault: 'no_account' }
    const action = ask.action === describesRun ? runOf(entry) : undefined
    if (action) return describeRunAs(ask.arguments, { action, entry, account, bundle: policy.bundle }, aws, ask.signal)
    if (!model) return { found: 'failed', why: 'unreadable', fault: 'unknown_read' }
    return aws.read({ ...ask, model: model as ReadModel }, account)
  },
})

/** Reads with AWS's SDK, as the reader role of the account. */
export class SdkReader implements AwsReader {
  readonly role: string
  readonly #sessions: ReaderSessions
  /** By account, and by action. */
  readonly #calls = new Map<string, Map<string, ModelCall>>()

  constructor(sessions: ReaderSessions) {
    this.role = sessions.role
    this.#sessions = sessions
  }

  async read({ action, arguments: args, absent, signal, model }: ModelledAsk, account: Account): Promise<Found> {
    try {
      const { $metadata: _, ...answer } = (await this.#callOf(action, model, account)(args, signal)) as JsonObject
      const json = toJson(answer) as JsonObject
      return { found: 'answer', answer: usesHandlers(action) ? withProperties(json) : json }
    } catch (fault) {
      const code = faultName(fault)
      const name = model.errors[code] ?? code
      if (absent.includes(name)) return { found: 'absent' }
      // A session is dropped with its clients, which cache it too.
      if (isStale(name)) this.#forget(account)
      return { found: 'failed', why: whyNot(name), fault: name }
    }
  }

  #callOf(action: string, model: ReadModel, account: Account): ModelCall {
    const calls = this.#calls.get(keyOf(account)) ?? new Map<string, ModelCall>()
    this.#calls.set(keyOf(account), calls)
    const known = calls.get(action)
    if (known) return known
    const call = callBy(model, { account, credentials: this.#sessions.of(account), ...bounded(tries, patience) })
    calls.set(action, call)
    return call
  }

  #forget(account: Account): void {
    this.#sessions.forget(account)
    this.#calls.delete(keyOf(account))
  }
}

/** Cloud Control gives the properties of a resource as one text of JSON. */
function withProperties(answer: JsonObject): JsonObject {
  const { ResourceDescription: of } = answer
  const { Properties, ...rest } = Object(of ?? {}) as JsonObject
  if (typeof Properties !== 'string') return answer
  return { ...answer, ResourceDescription: { ...rest, Properties: JSON.parse(Properties) as Json } }
}

const keyOf = ({ accountId, region, externalId }: Account): string => `${accountId} ${region} ${externalId}`

const isStale = (name: string) =>
  /^(?:ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature)/.test(name)

/** An expired session proves nothing about the right to read. */
function whyNot(name: string): ReadFault {
  if (/^(?:AccessDenied|NotAuthorized|UnauthorizedOperation)/.test(name)) return 'denied'
  return /^(?:Validation|InvalidParameter|SerializationException|SyntaxError)/.test(name) ? 'unreadable' : 'unavailable'
}

/** AWS's own JSON: times as text, bytes as base64, and no undefined members. */
export function toJson(value: unknown): Json {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Set) return [...value].map(toJson)
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value as Json
  // The SDK loses the value of this member, so the item would look empty.
  if (Object.hasOwn(value, '__proto__') && Object(value).__proto__ === undefined)
    throw new SyntaxError('an attribute `__proto__`, whose value the SDK loses')
  const members = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(members.map(([name, each]) => [name, toJson(each)]))
}

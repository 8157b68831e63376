import { bounded } from '../../../adapters/aws-client.ts'
import { type Account, accountOf } from '../../../domain/policy/bundle.ts'
import type { ReadFault } from '../../../domain/record/preview.ts'
import type { Json, JsonObject } from '../../../domain/values.ts'
import { faultName } from '../../../operations/faults.ts'
import type { Policy } from '../../../operations/policy/ports.ts'
import type { Found, ReadAsk, Reader } from '../../reach.ts'
import type { AwsReader } from '../ports.ts'
import { type AwsRead, isAwsRead } from '../rules/reads.ts'
import type { Read, ReadSettings } from './client-for.ts'
import type { ReaderSessions } from './reader-sessions.ts'

/** Each client is loaded at its first use: together they are half a megabyte, and most readings are of one service. */
const reads: { readonly [action in AwsRead]: () => Promise<Read> } = {
  'dynamodb:GetItem': async () => (await import('./dynamodb.ts')).getItem,
  'ecs:DescribeServices': async () => (await import('./ecs.ts')).describeServices,
  'lambda:GetFunctionConcurrency': async () => (await import('./lambda.ts')).getFunctionConcurrency,
  'lambda:GetFunctionConfiguration': async () => (await import('./lambda.ts')).getFunctionConfiguration,
  'ssm:GetParameter': async () => (await import('./ssm.ts')).getParameter,
}

/** Two attempts, because AWS throttles for a moment. Milliseconds for one answer. */
const [tries, patience] = [2, 600]

/** Reads in the account of an entry. */
export const readerOf = (aws: AwsReader, { policy }: { policy: Pick<Policy, 'bundle'> }): Reader => ({
  canRead: () => true,
  async read(ask, entry) {
    const account = accountOf(policy.bundle, entry)
    return account ? aws.read(ask, account) : { found: 'failed', why: 'unavailable', fault: 'no_account' }
  },
})

/** Reads with AWS's SDK, as the reader role of the account. */
export class SdkReader implements AwsReader {
  readonly #sessions: ReaderSessions
  readonly #settings = new Map<string, ReadSettings>()

  constructor(sessions: ReaderSessions) {
    this.#sessions = sessions
  }

  async read({ action, arguments: args, absent, signal }: ReadAsk, account: Account): Promise<Found> {
    if (!isAwsRead(action)) return { found: 'failed', why: 'unreadable', fault: 'unknown_read' }
    try {
      const { $metadata: _, ...answer } = (await (
        await reads[action]()
      )(args, this.#settingsOf(account), signal)) as JsonObject
      return { found: 'answer', answer: toJson(answer) as JsonObject }
    } catch (fault) {
      const name = faultName(fault)
      if (absent.includes(name)) return { found: 'absent' }
      if (isStale(name)) this.#forget(account)
      return { found: 'failed', why: whyNot(name), fault: name }
    }
  }

  #settingsOf(account: Account): ReadSettings {
    const key = keyOf(account)
    const known = this.#settings.get(key)
    if (known) return known
    const settings = { region: account.region, credentials: this.#sessions.of(account), ...bounded(tries, patience) }
    this.#settings.set(key, settings)
    return settings
  }

  /** Drops a session with its clients, which cache it too. */
  #forget(account: Account): void {
    this.#sessions.forget(account)
    this.#settings.delete(keyOf(account))
  }
}

const keyOf = ({ accountId, region, externalId }: Account): string => `${accountId} ${region} ${externalId}`

const isStale = (name: string) =>
  /^(?:ExpiredToken|InvalidClientTokenId|UnrecognizedClient|InvalidSignature)/.test(name)

/** An expired session says nothing of the right to read. */
function whyNot(name: string): ReadFault {
  if (/^(?:AccessDenied|NotAuthorized|UnauthorizedOperation)/.test(name)) return 'denied'
  return /^(?:Validation|InvalidParameter|SerializationException|SyntaxError)/.test(name) ? 'unreadable' : 'unavailable'
}

/** AWS's own JSON: times as text, bytes as base64, and no undefined members. */
function toJson(value: unknown): Json {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Set) return [...value].map(toJson)
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value as Json
  // The SDK keeps the name of this member and loses its value: the item would look as if it had none.
  if (Object.hasOwn(value, '__proto__') && Object(value).__proto__ === undefined)
    throw new SyntaxError('an attribute `__proto__`, whose value the SDK loses')
  const members = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(members.map(([name, each]) => [name, toJson(each)]))
}

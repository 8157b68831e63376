import { requestItem } from '../../../functions/adapters/dynamodb/request-store.ts'
import { eventOf, noEntries } from '../../../functions/domain/ledger/ledger.ts'
import { evolve } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { callsOf, type LifeUsage } from './usage.ts'

/** USD for a million, us-east-1 list prices (docs/performance.md). */
const perMillion = {
  transition: 25,
  invocation: 0.2,
  writeUnit: 0.625,
  readUnit: 0.125,
  /** An asymmetric ECC call: a signature, or the public half of the key. */
  kms: 15,
  httpApi: 1,
  sqs: 0.5,
  secret: 5,
  schedule: 1,
  /** An event on the bus of decision events, up to 64 KB. */
  event: 1,
  /** A put. Reads are priced the same. */
  s3: 5,
}
const perGigabyteSecond = 0.0000133334
const perLogGigabyte = 0.5

/** A model, since this machine's times say nothing about AWS: a warm Lambda that waits for a store or two. */
const secondsPerInvocation = 0.06
/** A model, from the lean design of docs/performance.md: a request of some 45 invocations writes 12 KB to CloudWatch. */
const logKilobytes = 0.27

/** Functions that hold Cedar, and so have 512 MB; the others have 256, and the Slack edge a whole processor with 1,769. */
const big = ['Evaluate', 'SubmitRequest', 'IssueToken', 'IssueAwsCredentials', 'BeginUse', 'DecideRequest', 'DrawCard']

const gigabytesOf = (name: string) => (name === 'ReceiveSlack' ? 1769 / 1024 : big.includes(name) ? 0.5 : 0.25)

/** USD for a thousand such requests, by service. */
export function priceOf(usage: LifeUsage): { [what: string]: number; total: number } {
  const invocations = sum(Object.values(usage.invocations))
  const gigabyteSeconds = sum(
    Object.entries(usage.invocations).map(([name, n]) => n * gigabytesOf(name) * secondsPerInvocation),
  )
  const units = (of: 'readUnits' | 'writeUnits') => sum(usage.calls.map((call) => call[of]))
  const dollars = {
    'Step Functions': (usage.states.length * perMillion.transition) / 1e6,
    DynamoDB:
      ((units('writeUnits') + indexWrites(usage)) * perMillion.writeUnit + units('readUnits') * perMillion.readUnit) /
      1e6,
    Lambda: (invocations * perMillion.invocation) / 1e6 + gigabyteSeconds * perGigabyteSecond,
    KMS: (callsOf(usage, 'kms') * perMillion.kms) / 1e6,
    // Each message is sent, received and deleted.
    SQS: (3 * callsOf(usage, 'sqs') * perMillion.sqs) / 1e6,
    S3: (callsOf(usage, 's3') * perMillion.s3) / 1e6,
    events: (callsOf(usage, 'events') * perMillion.event) / 1e6,
    'front door': (usage.frontDoor * perMillion.httpApi) / 1e6,
    'Secrets Manager': (callsOf(usage, 'secretsmanager') * perMillion.secret) / 1e6,
    // Each reminder fires in the end, after its request: a message, and a drawing that finds nothing to do.
    reminders:
      (callsOf(usage, 'scheduler') *
        (perMillion.schedule + 3 * perMillion.sqs + perMillion.invocation + 10 * perMillion.readUnit)) /
      1e6,
    logs: ((invocations * logKilobytes) / 1e6) * perLogGigabyte,
  }
  const thousand = Object.fromEntries(Object.entries(dollars).map(([what, each]) => [what, each * 1000]))
  return { ...thousand, total: sum(Object.values(thousand)) }
}

/**
 * The units of index writes, which no call shows: one for each entry of the ledger, and one for each row that an event adds
 * to or removes from an index of the requests table. They are counted from the record, event by event; a commit of several
 * may pay for fewer.
 */
export function indexWrites({ entries, paidFor = 0 }: LifeUsage): number {
  let state: ApprovalRequest | undefined
  let before: readonly IndexRow[] = []
  let writes = entries.length - paidFor
  for (const [place, entry] of entries.entries()) {
    const event = eventOf(entry)
    if (!event) throw new Error(`${entry.id} holds no event`)
    state = evolve(state, event)
    const after = indexRows(state)
    if (place >= paidFor) for (const [index, row] of after.entries()) writes += writesOf(before[index], row)
    before = after
  }
  return writes
}

/** `key` is undefined without a row in the index; `beside` is the content next to its keys. */
type IndexRow = { key: string | undefined; beside?: string | undefined }

function writesOf(before: IndexRow | undefined, after: IndexRow): number {
  if (after.key !== before?.key) return [after.key, before?.key].filter((each) => each !== undefined).length
  return after.beside === before?.beside ? 0 : 1
}

function indexRows(state: ApprovalRequest): readonly IndexRow[] {
  const item = requestItem(state, noEntries)
  const key = (...names: string[]) =>
    names.every((name) => item[name]) ? JSON.stringify(names.map((name) => item[name])) : undefined
  const status = JSON.stringify(item['status'])
  return [
    ...['kind', 'status', 'actionMonth', 'task'].map((name) => ({ key: key(name, 'submitted') })),
    ...['resource', 'agent', 'owner'].map((name) => ({ key: key(name, 'submitted'), beside: status })),
    { key: key('beginning', 'pk') },
    { key: key('overdue', 'dueAt') },
    { key: key('uncompared', 'endedAt') },
    { key: key('openOf', 'submitted') },
  ]
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

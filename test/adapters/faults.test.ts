import { inspect } from 'node:util'
import { deflateRawSync } from 'node:zlib'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { connect, hurried, patient } from '../../functions/adapters/dynamodb/client.ts'
import { packed } from '../../functions/adapters/dynamodb/items.ts'
import { DynamoLedgerStore } from '../../functions/adapters/dynamodb/ledger-store.ts'
import { DynamoRequestStore, requestItem, storedOf } from '../../functions/adapters/dynamodb/request-store.ts'
import { DynamoWaitStore } from '../../functions/adapters/dynamodb/wait-store.ts'
import { KmsKeySet } from '../../functions/adapters/kms/kms-key-set.ts'
import { KmsSigner } from '../../functions/adapters/kms/kms-signer.ts'
import { MessagesRefused, SqsFifoQueue } from '../../functions/adapters/sqs/queue.ts'
import { noEntries, verify } from '../../functions/domain/ledger/ledger.ts'
import { KeyUnavailable, StoreUnavailable } from '../../functions/operations/faults.ts'
import { StsBroker } from '../../functions/targets/aws/sts/broker.ts'
import { requestId, sampleAsk, submittedAt } from '../support/ask.ts'
import { MemoryLog } from '../support/memory-log.ts'
import { externalId, makeTargetRole, policyFor } from '../targets/aws/iam/target-role.ts'
import { commitOf, submission } from './dynamodb/commits.ts'
import { makeTables, type Tables } from './dynamodb/tables.ts'
import { useAws } from './emulator.ts'
import { type FaultyProxy, startProxy } from './proxy.ts'
import { onStepFunctions } from './stepfunctions/state-machine.ts'

const json = (status: number, type: string, rest: object = {}) => ({ status, body: { __type: type, ...rest } })
const throttled = json(400, 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException')
const canary = 'canary-7f3a'

test.each([
  ['is not packed', Buffer.from(canary)],
  ['unpacks to invalid JSON', deflateRawSync(`{"reason": ${canary}`)],
])('a state that %s is a fault of the store, without its content', (_what, bytes) => {
  const read = () => storedOf({ pk: { S: 'REQ#1' }, sk: { S: 'REQ' }, state: { B: bytes } })
  expect(read).toThrow(StoreUnavailable)
  expect(read).toThrow(/^the `state` of an item cannot be unpacked$/)
})

describe('behind a faulty proxy', () => {
  useAws()
  let proxy: FaultyProxy
  let tables: Tables
  let upstream: string
  const ask = sampleAsk()
  const once = { key: 'SEEN#proof', value: ask.id, expiresAt: submittedAt + 120 }
  const stores = (patience?: Parameters<typeof connect>[0]) => {
    const connection = connect(patience)
    return {
      requests: new DynamoRequestStore(connection, tables, () => submittedAt + 86_400),
      ledger: new DynamoLedgerStore(connection, tables),
      waits: new DynamoWaitStore(connection, tables.waits),
    }
  }

  beforeEach(async () => {
    upstream = process.env['AWS_ENDPOINT_URL'] as string
    tables = await makeTables()
    proxy = await startProxy(upstream)
    process.env['AWS_ENDPOINT_URL'] = proxy.url
  })
  afterEach(async () => {
    process.env['AWS_ENDPOINT_URL'] = upstream
    await proxy.close()
  })

  test('a transaction whose answer is lost is sent again as the same one, and commits once', async () => {
    const { requests, ledger } = stores()
    proxy.fail('TransactWriteItems', 'answer_lost', 'answer_lost')
    expect(await requests.commit(submission(ask, { once: [once] }))).toEqual({ outcome: 'committed' })
    expect(proxy.count('TransactWriteItems')).toBe(3)
    expect(verify(ask.id, await ledger.entries(ask.id)).broken).toBeUndefined()
  })

  test('a claim whose answer is lost is recognised by its claimant', async () => {
    const { requests } = stores()
    proxy.fail('PutItem', 'answer_lost')
    expect(await requests.putOnce(once)).toBe(true)
    expect(proxy.count('PutItem')).toBe(2)
    expect(await requests.putOnce(once)).toBe(false)
  })

  test('a start whose answer is lost makes one execution', async () => {
    const { workflow, executions } = await onStepFunctions()
    proxy.fail('StartExecution', 'answer_lost')
    await workflow.start(ask.id, { run: 1, wait: 'Tier1 owner' })
    expect([proxy.count('StartExecution'), await executions()]).toEqual([2, 1])
  })

  test('a signal whose answer is lost ends its wait once, even if the second answer is a fault', async () => {
    const { workflow, nextWait, nextEnd } = await onStepFunctions()
    await workflow.start(ask.id, { run: 1, wait: 'Tier1 owner' })
    const { taskToken } = await nextWait()
    proxy.fail('SendTaskFailure', 'answer_lost')
    expect(['sent', 'late']).toContain(await workflow.endWait(taskToken, 'Settled'))
    expect(await nextEnd()).toBe('Settled')
  })

  test('an AssumeRole whose answer is lost is retried, and gives a session that works', async () => {
    const [role, policy] = [await makeTargetRole(), policyFor('sqs:ListQueues')]
    const tags = { 'hotwork:request': ask.id }
    const names = { sessionName: ask.id, sourceIdentity: ask.id }
    proxy.fail('AssumeRole', 'answer_lost')
    const credentials = await new StsBroker(new MemoryLog()).assume({
      role,
      externalId,
      ...names,
      tags,
      policy,
      durationSeconds: 900,
    })
    expect(proxy.count('AssumeRole')).toBe(2)
    await expect(new SQSClient({ credentials }).send(new ListQueuesCommand({}))).resolves.toBeDefined()
  })

  test('a signature whose answer is lost is made again', async () => {
    const { KeyMetadata } = await new KMSClient({}).send(
      new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    )
    proxy.fail('Sign', 'answer_lost')
    const signer = new KmsSigner(KeyMetadata?.KeyId as string)
    await expect(signer.sign('at+jwt', {})).resolves.toMatch(/^[\w-]+\.[\w-]+\.[\w-]{86}$/)
    expect(proxy.count('Sign')).toBe(2)
  })

  test('a store that throttles briefly is only slower', async () => {
    const { requests } = stores()
    proxy.fail('TransactWriteItems', throttled)
    expect(await requests.commit(submission(ask))).toEqual({ outcome: 'committed' })
  }, 20_000)

  test.each<[what: string, fault: Parameters<FaultyProxy['fail']>[1]]>([
    ['throttles', throttled],
    ['does not answer', 'silence'],
    ['is broken', json(500, 'InternalServerError')],
  ])('a store that %s costs a caller in a hurry two attempts at most, and then it is a fault', async (_what, fault) => {
    const { requests } = stores(hurried)
    proxy.fail('TransactWriteItems', fault, fault, fault)
    proxy.fail('GetItem', fault, fault, fault)
    for (const call of [() => requests.load(ask.id), () => requests.commit(submission(ask))])
      await expect(call()).rejects.toThrow(StoreUnavailable)
    expect(Math.max(proxy.count('GetItem'), proxy.count('TransactWriteItems'))).toBeLessThanOrEqual(2)
  })

  test('a caller in a hurry waits less than a second', () => {
    expect(hurried.totalMs).toBeLessThan(1000)
  })

  test.each<[what: string, patience: NonNullable<Parameters<typeof connect>[0]>, requests: number]>([
    // Every other bound is longer than Jest waits for a test.
    ['one attempt', { attempts: 1, attemptMs: 200, totalMs: 600_000 }, 1],
    ['a call as a whole', { attempts: 9, attemptMs: 600_000, totalMs: 1000 }, 1],
    ['a call with its pauses', { attempts: 999, attemptMs: 150, totalMs: 2000 }, 2],
  ])('a silent store is given up at the bound on %s', async (_what, patience, sent) => {
    const { requests } = stores(patience)
    proxy.fail('GetItem', ...Array.from({ length: 999 }, () => 'silence' as const))
    await expect(requests.load(ask.id)).rejects.toThrow(StoreUnavailable)
    expect(proxy.count('GetItem')).toBeGreaterThanOrEqual(sent)
  })

  test('conflicting transactions are stale, not unknown', async () => {
    const { requests } = stores()
    const conflict = [{ Code: 'TransactionConflict' }, { Code: 'None' }, { Code: 'None' }]
    proxy.fail('TransactWriteItems', json(400, 'TransactionCanceledException', { CancellationReasons: conflict }))
    expect(await requests.commit(submission(ask))).toEqual({ outcome: 'stale' })
    proxy.fail('TransactWriteItems', json(400, 'TransactionCanceledException', { CancellationReasons: conflict }))
    const { entries, head } = submission(ask)
    expect(await stores().ledger.append('agent:x', noEntries, entries, head)).toBe(false)
  })

  test('a transaction that was throttled wrote nothing, and is retried', async () => {
    const reasons = [{ Code: 'ThrottlingError' }, { Code: 'None' }, { Code: 'None' }]
    const cancelled = json(400, 'TransactionCanceledException', { CancellationReasons: reasons })
    proxy.fail('TransactWriteItems', cancelled, cancelled)
    // As many attempts as a hurried caller has, with time for each.
    const { requests } = stores({ ...patient, attempts: hurried.attempts })
    await expect(requests.commit(submission(ask))).rejects.toThrow(StoreUnavailable)
    expect(proxy.count('TransactWriteItems')).toBe(hurried.attempts)
    proxy.fail('TransactWriteItems', cancelled)
    expect(await requests.commit(submission(ask))).toEqual({ outcome: 'committed' })
  })

  test('a ledger with more entries than the state is a fault, not a race to retry', async () => {
    const { requests, ledger } = stores()
    const { entries, head } = submission(ask)
    await ledger.append(ask.id, noEntries, entries, head)
    await expect(requests.commit(submission(ask))).rejects.toThrow(/ledger of `req_/)
  })

  test('no fault shows the content of an item', async () => {
    const secret = sampleAsk({ justification: canary, arguments: { Value: canary } })
    const { requests, ledger } = stores()
    const reasons = [{ Code: 'ValidationError', Item: { state: { S: canary } } }, { Code: 'None' }, { Code: 'None' }]
    proxy.fail('TransactWriteItems', json(400, 'TransactionCanceledException', { CancellationReasons: reasons }))
    const inDoubt = requests.commit(submission(secret))
    const { entries, head } = submission(secret)
    await inDoubt.catch(() => ledger.append(secret.id, noEntries, entries, head))
    const divided = requests.commit(submission(secret))
    for (const fault of await Promise.allSettled([inDoubt, divided])) {
      if (fault.status === 'fulfilled') throw new Error('it was committed')
      expect(inspect(fault.reason, { depth: 9, showHidden: true })).not.toContain(canary)
    }
  })

  test('items that a throttled table leaves unread are retried, and the order stays', async () => {
    const { requests } = stores()
    for (const n of [1, 2, 3]) await requests.commit(submission(sampleAsk({ id: requestId(n) }), { after: n }))
    const Keys = [1, 2, 3].map((n) => ({ pk: { S: `REQ#${requestId(n)}` }, sk: { S: 'REQ' } }))
    const unread = { status: 200, body: { Responses: {}, UnprocessedKeys: { [tables.requests]: { Keys } } } }
    proxy.fail('BatchGetItem', unread, unread)
    const { items } = await requests.list({}, { limit: 10 })
    expect(items.map(({ state }) => state.ask.id)).toEqual([3, 2, 1].map((n) => requestId(n)))
    expect(proxy.count('BatchGetItem')).toBe(3)
  })

  test('a row of a lagging index is left out', async () => {
    const { requests } = stores()
    const change = submission(ask)
    await requests.commit(change)
    await requests.commit(commitOf(ask, change, { type: 'withdraw', agent: ask.agent.id, bundle: 'b' }, 1))
    const { state: _, ...row } = requestItem(change.state, change.head)
    proxy.fail('Query', { status: 200, body: { Items: [row], Count: 1 } })
    expect(await requests.list({ status: 'pending' }, { limit: 10 })).toEqual({ items: [] })
  })

  test('a state of an unknown form is a fault', async () => {
    const { requests } = stores()
    const Item = {
      pk: { S: `REQ#${ask.id}` },
      sk: { S: 'REQ' },
      version: { N: '1' },
      state: { B: Buffer.from(packed({ status: 'odd' })).toString('base64') },
    }
    proxy.fail('GetItem', { status: 200, body: { Item } })
    await expect(requests.load(ask.id)).rejects.toThrow(/is not understood/)
  })

  test.each([
    ['disabled', 'DisabledException'],
    ['to be deleted', 'KMSInvalidStateException'],
  ])('a KMS key that is %s is a fault of the key, and signs nothing', async (_what, code) => {
    proxy.fail('GetPublicKey', json(400, code))
    await expect(new KmsKeySet(['key']).jwks()).rejects.toThrow(KeyUnavailable)
    const { KeyMetadata } = await new KMSClient({}).send(
      new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' }),
    )
    proxy.fail('Sign', json(400, code))
    await expect(new KmsSigner(KeyMetadata?.KeyId as string).sign('at+jwt', {})).rejects.toThrow(KeyUnavailable)
    expect(proxy.count('Sign')).toBe(1)
  })

  test('a queue that takes only some of a batch says how many it refused, without their content', async () => {
    const Failed = [{ Id: '0', Code: 'InternalError', SenderFault: false, Message: canary }]
    proxy.fail('SendMessageBatch', { status: 200, body: { Successful: [{ Id: '1', MessageId: '1' }], Failed } })
    const queue = new SqsFifoQueue(`${proxy.url}/000000000000/q.fifo`, new SQSClient({ md5: false }))
    const message = { requestId: ask.id, group: canary, deduplicate: '1' }
    const sent = queue.send([message, { ...message, deduplicate: '2' }])
    await expect(sent).rejects.toThrow(MessagesRefused)
    await expect(sent).rejects.toThrow('the queue refused 1 of 2 messages: `InternalError`')
  })
})

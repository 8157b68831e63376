import { randomUUID } from 'node:crypto'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { JmesPathExpressions } from '../../../functions/adapters/jmespath/expressions.ts'
import { KmsStateKey } from '../../../functions/adapters/kms/kms-state-key.ts'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { StateAsk, StateReader } from '../../../functions/operations/previews/ports.ts'
import { CatalogueStateReader } from '../../../functions/operations/previews/read-state.ts'
import { modelOf } from '../../../functions/targets/aws/models/models.ts'
import { readerOf as awsReader, SdkReader } from '../../../functions/targets/aws/reads/aws-reads.ts'
import { ReaderSessions } from '../../../functions/targets/aws/reads/reader-sessions.ts'
import { readerOf as toolReader } from '../../../functions/targets/tool/reach.ts'
import { requestId, submittedAt } from '../../support/ask.ts'
import { MemoryClock } from '../../support/memory-clock.ts'
import { MemoryLog } from '../../support/memory-log.ts'
import { MemorySources } from '../../support/previews/memory-sources.ts'
import { MemoryStateReader } from '../../support/previews/memory-state-reader.ts'
import { externalId, makeTargetRole } from '../../targets/aws/iam/target-role.ts'
import { onBoth } from '../both.ts'

type World = { reader: StateReader; ask: StateAsk; set(value: string | undefined): Promise<void>; deny(): void }

const clock = new MemoryClock(submittedAt)
const askOf = (Name: string): StateAsk => ({
  ...{ request: requestId(1), action: 'ssm:PutParameter', arguments: { Name, Value: 'new' } },
  resource: { type: 'ssm:parameter', id: `arn:aws:ssm:us-east-1:000000000000:parameter${Name}` },
  classification: 'internal',
})

function inMemory(): World {
  const [reader, ask] = [new MemoryStateReader(clock, ['ssm:PutParameter']), askOf('/state/x')]
  return {
    ...{ reader, ask },
    set: async (value) => reader.set(ask.resource.id, value === undefined ? undefined : { Value: value }),
    deny: () => reader.next('denied'),
  }
}

async function onAws(): Promise<World> {
  const role = (await makeTargetRole('ssm:GetParameter')).split(':role/')[1] as string
  const [ask, ssm] = [askOf(`/state/${randomUUID()}`), new SSMClient({})]
  const key = await new KMSClient({}).send(
    new CreateKeyCommand({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
  )
  const target = { partition: 'aws', region: 'us-east-1', accountId: '000000000000', externalId }
  const preview = {
    ...{ action: 'ssm:GetParameter', arguments: { Name: '{arguments.Name}' } },
    ...{ show: { Value: 'Parameter.Value' }, guard: ['Parameter.Version'], absent: ['ParameterNotFound'] },
  }
  const entry = { name: 'ssm:PutParameter', tool: 'aws', account: 'target', credential: 'sts', preview }
  const bundle = {
    ...{ actions: { 'ssm:PutParameter': entry }, show: { internal: 'whole' } },
    models: { [preview.action]: modelOf(preview.action, preview.absent) },
    deployment: { accounts: { target }, tools: {} },
  } as unknown as Bundle
  const policy = { bundle }
  const aws = awsReader(new SdkReader(new ReaderSessions(role)), { policy })
  const reader = new CatalogueStateReader(
    {
      ...{ policy, expressions: new JmesPathExpressions() },
      ...{
        readers: { aws, tool: toolReader(new MemorySources(), { policy }) },
        stateKey: new KmsStateKey(key.KeyMetadata?.KeyId as string),
      },
      ...{ clock, log: new MemoryLog() },
    },
    20_000,
  )
  const Name = String(ask.arguments['Name'])
  return {
    ...{ reader, ask },
    set: async (Value) => {
      if (Value === undefined) await ssm.send(new DeleteParameterCommand({ Name }))
      else await ssm.send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }))
    },
    deny: () => {
      target.externalId = 'another'
    },
  }
}

onBoth<World>('the reader of states', { memory: inMemory, real: onAws }, (make) => {
  test('a preview shows the present values beside those that would be', async () => {
    const { reader, ask, set } = await make()
    await set('old')
    expect((await reader.read(ask))?.preview).toMatchObject({
      ...{ outcome: 'matched', observedAt: submittedAt, before: { Value: 'old' } },
      after: expect.objectContaining({ Value: 'new' }),
    })
  })

  test('a state is equal until it changes, even for a missing resource', async () => {
    const { reader, ask, set } = await make()
    const stateOf = async () => {
      const reading = await reader.read(ask)
      return reading?.preview.outcome === 'matched' ? reading.preview.state : 'failed'
    }
    const absent = await stateOf()
    expect([absent, await stateOf()]).toEqual([expect.stringMatching(/^sha-256:/), absent])
    await set('one')
    const one = await stateOf()
    expect([one === absent, await stateOf()]).toEqual([false, one])
    await set('two')
    expect([absent, one]).not.toContain(await stateOf())
    await set(undefined)
    expect(await stateOf()).toBe(absent)
  })

  test('a failed reading gives its reason, and throws nothing', async () => {
    const { reader, ask, deny } = await make()
    deny()
    expect(await reader.read(ask)).toEqual({ preview: { outcome: 'failed', why: 'denied', observedAt: submittedAt } })
  })

  test('an action without a preview is not read', async () => {
    const { reader, ask } = await make()
    expect(await reader.read({ ...ask, action: 'ssm:DeleteParameter' })).toBeUndefined()
  })
})

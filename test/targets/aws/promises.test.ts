import { STSClient } from '@aws-sdk/client-sts'
import type { AwsCredentials } from '../../../functions/targets/aws/ports.ts'
import { callMakerOf, enderOf, issuerOf } from '../../../functions/targets/aws/reach.ts'
import { readerOf, SdkReader } from '../../../functions/targets/aws/reads/aws-reads.ts'
import { ReaderSessions } from '../../../functions/targets/aws/reads/reader-sessions.ts'
import { configure } from '../../operations/uses/mediated-world.ts'
import { type CallFate, MemoryCaller } from '../../support/credentials/memory-caller.ts'
import { MemoryDenyStore } from '../../support/credentials/memory-deny-store.ts'
import { MemoryRolePolicies } from '../../support/credentials/memory-role-policies.ts'
import { sampleBundle, stagingParameter, World } from '../../support/world.ts'
import { type Fate, keepsPromises, type Trial } from '../promises.ts'

const fates: { readonly [fate in Fate]: CallFate } = {
  refused: { refuses: 'ValidationException' },
  not_sent: 'not_sent',
  outdated: 'outdated',
  answer_lost: 'answer_lost',
  call_lost: 'call_lost',
}

keepsPromises<AwsCredentials>('aws', async (): Promise<Trial<AwsCredentials>> => {
  const world = new World(sampleBundle())
  const caller = new MemoryCaller()
  const [denies, roles, forgotten] = [new MemoryDenyStore(), new MemoryRolePolicies(), new Set<string>()]
  const { broker, targetRole, clock, log } = world
  const ports = { ...world.ports, broker, targetRole, denies, roles, clock, log }
  let readable = true
  const looking = {
    call: (...asked: Parameters<MemoryCaller['call']>) => caller.call(...asked),
    async lookUp(...asked: Parameters<MemoryCaller['lookUp']>) {
      if (!readable) throw new Error('AWS does not answer')
      return caller.lookUp(...asked)
    },
  }
  const reach = {
    ...issuerOf(ports),
    ...callMakerOf({ ...ports, caller: looking }),
    ...enderOf(ports),
    kind: 'aws' as const,
  }
  const nowhere = new STSClient({
    ...{ region: 'us-east-1', endpoint: 'http://127.0.0.1:1', maxAttempts: 1 },
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
  })
  const reader = readerOf(new SdkReader(new ReaderSessions('hotwork/Hotwork-reader', nowhere)), world)
  const read = { action: 'ssm:GetParameter', arguments: { Name: '/x' }, absent: [], signal: AbortSignal.timeout(5000) }
  return {
    ...{ world, reach, own: stagingParameter, mediated: configure },
    next: (fate) => caller.next(fates[fate]),
    done: () => caller.done.length,
    setReadable: (can) => {
      readable = can
    },
    works({ accessKeyId }) {
      const session = broker.session(accessKeyId)
      return session !== undefined && !forgotten.has(accessKeyId) && !roles.denies(session.role, session.tags)
    },
    forget: ({ accessKeyId }) => void forgotten.add(accessKeyId),
    failingRead() {
      const entry = world.policy.bundle.actions['ssm:PutParameter']
      if (!entry) throw new Error('no such action')
      return reader.read(read, entry)
    },
  }
})

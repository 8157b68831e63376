import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DynamoAgentRows } from '../../functions/adapters/dynamodb/agent-rows.ts'
import { connect } from '../../functions/adapters/dynamodb/client.ts'
import { DynamoLedgerStore } from '../../functions/adapters/dynamodb/ledger-store.ts'
import { SystemClock } from '../../functions/adapters/system/system.ts'
import type { ErasedEvent } from '../../functions/domain/ledger/erased.ts'
import { chainEntries } from '../../functions/domain/ledger/ledger.ts'
import type { Agent } from '../../functions/domain/people/organisation.ts'
import { agentOf } from '../../functions/domain/policy/bundle.ts'
import { CurrentPolicy } from '../../functions/operations/agents/current-policy.ts'
import { startEmulator } from '../../local/emulator.ts'
import { silentProgress } from '../../local/progress.ts'
import { ensurePythonEnvironment } from '../../local/python-environment.ts'
import { makeTables } from '../../test/adapters/dynamodb/tables.ts'
import { MemoryLog } from '../../test/support/memory-log.ts'
import { agent, person, sampleBundle } from '../../test/support/world.ts'

/**
 * Propagation of a change of the registry, from the commit's answer to the first question that sees it, on the local
 * DynamoDB. Readers are processes in use: each asks ten times a second. `node tools/bench/registry.ts [CHANGES]`
 */
const changes = Number(process.argv[2] ?? 120)
const readers = 5
const root = join(import.meta.dirname, '../..')

const scratch = mkdtempSync(join(tmpdir(), 'hotwork-registry-'))
const logFile = join(root, '.hotwork/log/registry.log')
mkdirSync(join(root, '.hotwork/log'), { recursive: true })
const directory = join(root, '.hotwork/venv')
const python = await ensurePythonEnvironment({ directory, logFile, progress: silentProgress })
const emulator = await startEmulator({
  ...{ python, directory: join(scratch, 'emulator'), logFile, lambdaLogFile: logFile },
  nodeDirectory: join(root, 'node_modules/.bin'),
})
Object.assign(process.env, {
  AWS_ENDPOINT_URL: emulator.endpointUrl,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: emulator.accessKeyId,
  AWS_SECRET_ACCESS_KEY: emulator.secretAccessKey,
})

try {
  const [connection, tables] = [connect(), await makeTables()]
  const [rows, ledger] = [new DynamoAgentRows(connection, tables), new DynamoLedgerStore(connection, tables)]
  const files = sampleBundle()
  const [known] = files.agents as [Agent]
  const answer = () => ({ permit: false, policies: [] })
  const policies = Array.from(
    { length: readers },
    () =>
      new CurrentPolicy(
        { bundle: files, ask: answer },
        { agents: rows, clock: new SystemClock(), log: new MemoryLog() },
      ),
  )
  const subject = agent('measured')

  const commit = async (version: number, description: string): Promise<void> => {
    const [expected, before] = [await ledger.head(subject), await rows.governed()]
    const actor = { type: 'person', id: person('gus') } as const
    const event: ErasedEvent = { type: 'Erased', at: 1, actor, policies: [], bundle: 'b', texts: 1 }
    const next = { ...before, version, agents: [{ ...known, id: subject, description }] }
    const { entries, head } = chainEntries(subject, expected, [event], undefined)
    if (!(await rows.certify({ subject, registry: next, expected, entries, head }))) throw new Error('another writer')
  }
  const firstSight = async (policy: CurrentPolicy, description: string): Promise<number> => {
    for (;;) {
      await policy.look([])
      if (agentOf(policy.bundle, subject)?.description === description) return performance.now()
      await pause(100)
    }
  }

  const spans: number[] = []
  for (let version = 1; version <= changes; version++) {
    const description = randomUUID()
    await pause(Math.random() * 2000)
    const seen = policies.map((policy) => firstSight(policy, description))
    await commit(version, description)
    const committed = performance.now()
    spans.push(...(await Promise.all(seen)).map((at) => at - committed))
  }
  const sorted = spans.toSorted((one, other) => one - other)
  const at = (share: number) => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0)
  process.stdout.write(
    `${changes} changes, ${spans.length} sights: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms\n`,
  )
} finally {
  await emulator.close()
  rmSync(scratch, { recursive: true, force: true })
}

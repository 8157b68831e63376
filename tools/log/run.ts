import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { verifyEcdsa } from '../../functions/adapters/kms/note-signer.ts'
import { originOf } from '../../functions/domain/anchor/checkpoint.ts'
import { bundlesOfGrowth, pathOfBundle, pathOfTile, tilesOfGrowth } from '../../functions/domain/anchor/tiles.ts'
import { chainEntries, noEntries } from '../../functions/domain/ledger/ledger.ts'
import type { JsonObject } from '../../functions/domain/values.ts'
import { Notary } from '../../functions/operations/anchor/notarize.ts'
import { writeFolder } from '../../test/support/anchor/log-folder.ts'
import {
  MemoryLedgerRows,
  MemoryLogBucket,
  MemoryLogIndex,
  MemoryNoteSigner,
} from '../../test/support/anchor/memory-anchor.ts'
import { bundle, person, submittedAt } from '../../test/support/ask.ts'
import { MemoryClock } from '../../test/support/memory-clock.ts'
import { MemoryLog } from '../../test/support/memory-log.ts'
import { repository, runSuite, type Step } from '../suites.ts'

/**
 * `npm run test:log`: logs that the notary wrote, judged by Go's own libraries of transparency logs
 * (`test/domain/anchor/judge`). Builds the judge first, with Go. Exit 0 only if every expectation held.
 */

const issuer = 'https://permits.example.com'
const scratch = mkdtempSync(join(tmpdir(), 'hotwork-log-'))
// A signal ends this program, and its files go at its exit.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))

const judge = join(scratch, 'judge')

function build(): void {
  const source = join(repository, 'test/domain/anchor/judge')
  execFileSync('go', ['build', '-o', judge, '.'], { cwd: source, stdio: 'inherit' })
}

const gus = person('gus')
const refusal = () => ({
  ...{ type: 'Refused' as const, at: submittedAt, actor: { type: 'person' as const, id: gus }, policies: [], bundle },
  ...{ attempted: 'cancel', code: 'unknown_request' as const },
})

/** A log that grew to each of these sizes, with a checkpoint at each. */
async function write(...sizes: readonly number[]) {
  const [bucket, key, log] = [new MemoryLogBucket(), new MemoryNoteSigner(), new MemoryLog()]
  const [index, ledger, clock] = [new MemoryLogIndex(), new MemoryLedgerRows(), new MemoryClock(submittedAt)]
  const notary = new Notary({ issuer, verify: verifyEcdsa, bucket, index, key, ledger, clock, log })
  let head = noEntries
  for (const size of sizes) {
    const chained = chainEntries(gus, head, Array.from({ length: size - head.sequence }, refusal), undefined)
    const entries = chained.entries as unknown as JsonObject[]
    for (const entry of entries) ledger.rows.set(String(entry['id']), entry)
    await notary.notarize(entries.map((entry) => ({ id: String(entry['id']), entry })))
    head = chained.head
  }
  const folder = mkdtempSync(join(scratch, 'log-'))
  writeFolder(folder, new Map([...bucket.objects].map(([path, { bytes }]) => [path, bytes])))
  return { folder, key: Buffer.from((await key.keys())[0]).toString('base64') }
}

function ask({ folder, key }: { folder: string; key: string }, origin = originOf(issuer)) {
  const { status, stdout, stderr } = spawnSync(judge, ['check', folder, origin, key], { encoding: 'utf8' })
  return { good: status === 0, said: `${stdout}${stderr}`.trim() }
}

async function judgeLogs(step: Step): Promise<void> {
  for (const sizes of [[1], [2, 3, 255], [256], [100, 257], [512], [300, 513, 1000]])
    await step(`a log that grew to ${sizes.join(', then ')} is whole`, async () => {
      const { good, said } = ask(await write(...sizes))
      assert.deepEqual([good, said], [true, `${sizes.at(-1)} entries, as the checkpoint says`])
    })

  const [log, other] = [await write(300), await write(300)]
  await step("another log's key or origin is refused", () => {
    assert.equal(ask({ ...log, key: other.key }).good, false)
    assert.equal(ask(log, 'permits.example.org/hotwork').good, false)
  })

  await step('each file with one bit changed is refused', () => {
    const files = [
      'checkpoint',
      ...tilesOfGrowth(0, 300).map(pathOfTile),
      ...bundlesOfGrowth(0, 300).map(({ index, width }) => pathOfBundle(index, width)),
    ]
    for (const file of files) {
      const path = join(log.folder, file)
      const bytes = readFileSync(path)
      const altered = Buffer.from(bytes)
      altered[20] = (altered[20] ?? 0) ^ 1
      writeFileSync(path, altered)
      assert.equal(ask(log).good, false, file)
      writeFileSync(path, bytes)
    }
    assert.equal(ask(log).good, true)
  })
}

await runSuite('log', build, (_built, step) => judgeLogs(step))

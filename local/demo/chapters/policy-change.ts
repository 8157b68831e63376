// Rules: test/local/demo-options.test.ts
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { finding } from '../findings.ts'
import { mustWork, type Type, withTerminal } from '../terminal.ts'
import type { World } from '../world.ts'

const sample = join(import.meta.dirname, '../../../policies')

/** The policy from which the author removes a condition. */
const changed = 'prod-remediation'
const condition = ' &&\n  context.approval.tier >= 2\n'

/**
 * Shows the effect of a change before it is deployed: by questions, by a replay of the record, and by proof if the
 * solvers are installed.
 */
export const tellPolicyChange = (world: World): Promise<void> =>
  withTerminal(world, world.reader.id, async (type, folder) => {
    const { report } = world
    for (const name of ['before', 'after']) cpSync(sample, join(folder, name), { recursive: true })
    dropCondition(join(folder, 'after/agents.cedar'))

    await report.expect('the change is named as what it is: it widens, and a question shows how', async () => {
      const { exit, body } = await json<Diff>(type, 'diff', 'before', 'after')
      const found = body.widened.find(({ policy, example }) => policy === changed && example)
      return finding(exit === 6 && found !== undefined, `${changed}: ${found?.from} → ${found?.to}`)
    })
    await report.expect('under the policies that decided, the record of this demo says nothing otherwise', async () => {
      mustWork(await type('ledger', 'export', '--out', 'record.ndjson'))
      const { exit, body } = await json<Replay>(type, 'replay', 'before', '--ledger', 'record.ndjson')
      const otherwise = body.widened.length + body.narrowed.length
      return finding(exit === 0 && otherwise === 0, `${body.questions} questions, ${otherwise} answered otherwise`)
    })
    await report.expect('under the changed ones, what two people approved would have needed no person', async () => {
      const { exit, body } = await json<Replay>(type, 'replay', 'after', '--ledger', 'record.ndjson')
      const found = body.widened.find(({ policies }) => policies.includes(changed))
      const told = found ? `${found.count} times ${found.from} → ${found.to}, as ${found.examples[0]}` : 'nothing'
      return finding(exit === 6 && found !== undefined, told)
    })
    await report.expect('of the folder no question is found that gets through in prod without people', async () => {
      const { body } = await prove(type, 'before')
      // A property that the sample does not reach is `unproved`.
      const good = 'sample' in body.by ? ['holds', 'unproved'] : ['holds']
      const held = body.properties.every(
        ({ kind, outcome }) => outcome === 'holds' || (kind === 'decides' && good.includes(outcome)),
      )
      return finding(held && body.properties.length > 0, wordsOf(body))
    })
    await report.expect('of the changed one that fails, with a question that it would let through', async () => {
      const { exit, body } = await prove(type, 'after')
      const found = body.properties.find(({ kind, outcome }) => kind === 'people' && outcome === 'fails')
      return finding(exit === 1 && found !== undefined, found ? `${found.claim}: no` : wordsOf(body))
    })
  })

function dropCondition(file: string): void {
  const text = readFileSync(file, 'utf8')
  const [before, own = ''] = text.split(`@id("${changed}")`)
  if (!own.includes(condition)) throw new Error(`\`${changed}\` of the sample does not end as this chapter expects`)
  writeFileSync(file, `${before}@id("${changed}")${own.replace(condition, '\n')}`)
}

type Diff = { widened: { policy?: string; from: string; to: string; example?: object }[] }
type Otherwise = { policies: string[]; from: string; to: string; count: number; examples: string[] }
type Replay = { questions: number; widened: Otherwise[]; narrowed: Otherwise[] }
type Proof = {
  by: { proof: object } | { sample: number }
  milliseconds: number
  properties: { kind: string; claim: string; outcome: string }[]
}

async function json<T>(type: Type, ...words: readonly string[]): Promise<{ exit: number; body: T }> {
  const { exit, out, err } = await type('policy', ...words, '--json')
  if (out === '') throw new Error(`exit ${exit}: ${err}`)
  return { exit, body: JSON.parse(out) }
}

/** Proves by a solver if one is installed, otherwise tries random questions. */
async function prove(type: Type, folder: string) {
  const proof = await json<Proof>(type, 'prove', folder)
  return proof.exit === 2 ? json<Proof>(type, 'prove', folder, '--sample', '1000') : proof
}

export function wordsOf({ by, properties, milliseconds }: Proof): string {
  const held = properties.filter(({ outcome }) => outcome === 'holds').length
  const how = 'sample' in by ? `not broken by ${by.sample} random questions, nothing is proved` : 'proved'
  return `${held} of ${properties.length} properties ${how}, in ${(milliseconds / 1000).toFixed(1)} s`
}

import { functions } from '../../infra/functions.ts'
import { writesOf } from '../../infra/rows.ts'
import { nameOf } from '../infra/support/template.ts'
import type { Counts } from './support/call-meter.ts'

/**
 * What the Lambdas have put into the tables of the truth while all other tests of the stack ran, held against what IAM lets
 * them put. The local emulator does not judge `dynamodb:LeadingKeys`, so a row that is missing in infra/rows.ts would show
 * on AWS alone. Runs after all other tests.
 */
const url = process.env['HOTWORK_METER']
if (!url) throw new Error('these counts need a metered stack: run `npm test`, or `node test/support/run.ts`')

const byConstruct = new Map(functions.map((name) => [name.replaceAll('-', ''), name] as const))

test('no function has put a row or an entry that its role may not put on AWS', async () => {
  const { written } = (await (await fetch(url)).json()) as Counts
  const puts = Object.entries(written).flatMap(([caller, keys]) => {
    const name = byConstruct.get(nameOf(/-(\w+?)Lambda/.exec(caller)?.[1] ?? '').toLowerCase())
    return name === undefined ? [] : keys.map((key) => ({ name, key }))
  })
  expect(new Set(puts.map(({ name }) => name)).size).toBeGreaterThan(20)
  const beside = puts.filter(({ name, key }) => {
    const { requests, ledger, texts } = writesOf(name)
    const allowed = [...requests, ...ledger.map((chain) => `ledger/${chain}`), ...(texts ? ['texts'] : [])]
    return !allowed.some((prefix) => key.startsWith(prefix))
  })
  expect(beside).toEqual([])
})

import { lambdas, rowsPutBy } from '../../infra/functions.ts'
import type { Counts } from '../../tools/meter/call-meter.ts'
import { nameOf } from '../infra/support/template.ts'
import { meterUrl } from './support/usage.ts'

/**
 * The rows that Lambdas put into the tables of the truth during all other tests, compared with the rows that IAM lets them
 * put. The local emulator does not judge `dynamodb:LeadingKeys`, so a row that is missing in a descriptor would show on
 * AWS alone. Runs after all other tests.
 */
const byConstruct = new Map(lambdas.map((each) => [each.name.replaceAll('-', ''), each] as const))

test('no function has put a row or an entry that its role may not put on AWS', async () => {
  const { written } = (await (await fetch(meterUrl())).json()) as Counts
  const puts = Object.entries(written).flatMap(([caller, keys]) => {
    const lambda = byConstruct.get(nameOf(/-(\w+?)Lambda/.exec(caller)?.[1] ?? '').toLowerCase())
    return lambda === undefined ? [] : keys.map((key) => ({ lambda, key }))
  })
  expect(new Set(puts.map(({ lambda }) => lambda)).size).toBeGreaterThan(20)
  const beside = puts.filter(({ lambda, key }) => {
    const { chains = [], texts } = lambda
    const allowed = [...rowsPutBy(lambda), ...chains.map((chain) => `ledger/${chain}`), ...(texts ? ['texts'] : [])]
    return !allowed.some((prefix) => key.startsWith(prefix))
  })
  expect(beside.map(({ lambda, key }) => ({ name: lambda.name, key }))).toEqual([])
})

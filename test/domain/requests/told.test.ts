import { readTold, type Told, writeTold } from '../../../functions/domain/requests/told.ts'
import { person, requestId, submittedAt } from '../../support/ask.ts'

const day = 86_400
const told = (n: number, changes: Partial<Told> = {}): Told => ({
  request: requestId(n),
  actions: ['ssm:PutParameter'],
  by: [person(`p${n}`)],
  at: submittedAt + n,
  ...changes,
})
const rowOf = (all: readonly Told[]) => all.reduce<readonly Told[]>((row, each) => readTold(writeTold(row, each)), [])

test('an agent without a row was told nothing', () => {
  expect(readTold(undefined)).toEqual([])
})

test('a row keeps the words of seven days', () => {
  const old = told(1, { at: submittedAt })
  expect(rowOf([old, told(2, { at: submittedAt + 7 * day })])).toHaveLength(2)
  expect(rowOf([old, told(2, { at: submittedAt + 7 * day + 1 })])).toEqual([told(2, { at: submittedAt + 7 * day + 1 })])
})

test('a row is bounded, and its oldest words bar their people under any arguments', () => {
  const all = Array.from({ length: 130 }, (_, n) =>
    told(n, n === 3 ? { behind: [person('absent')], actions: ['a'] } : {}),
  )
  const row = rowOf(all)
  expect(row).toHaveLength(100)
  expect(row[0]).toEqual({
    actions: ['ssm:PutParameter', 'a'],
    by: all.slice(0, 31).flatMap(({ by }) => by),
    behind: [person('absent')],
    at: submittedAt + 30,
  })
  expect(row.at(-1)).toEqual(all.at(-1))
})

import { read } from '../support/repository.ts'
import { missingProofs, proofsOf } from './support/proofs.ts'

/** docs/cases.md names a test for each way to break Hotwork, and each of them exists. */

const page = read('docs/cases.md')
const rows = [...page.matchAll(/^\| ([A-Z]\d+) \| [^|]+ \| ([^|]+) \|$/gm)].map(([, id = '', proof = '']) => ({
  id,
  proof,
}))

test('every row of the cases is parsed, with a unique id and a proof', () => {
  const ids = rows.map(({ id }) => id)
  expect(ids).toEqual([...page.matchAll(/^\| ([A-Z]\d+) \|/gm)].map(([, id]) => id))
  expect(new Set(ids).size).toBe(ids.length)
  for (const { proof } of rows) expect(proof.trim()).not.toBe('')
})

test.each(['A', 'C', 'E', 'F', 'K', 'L', 'M'])('every case of group %s has a test', (group) => {
  const without = rows.filter(({ id, proof }) => id.startsWith(group) && proofsOf(proof).length === 0)
  expect(rows.some(({ id }) => id.startsWith(group))).toBe(true)
  expect(without).toEqual([])
})

test.each(rows)('the tests of case $id exist', ({ proof }) => {
  expect(missingProofs(proof)).toEqual([])
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { aws } from '../../../functions/targets/aws/kind.ts'
import { aliasedKinds, allKinds } from '../../../functions/targets/kinds.ts'
import { entriesIn, matrixOf, withMatrix } from '../../../policy-tools/catalogue/matrix.ts'

const root = join(__dirname, '../../..')
const entries = entriesIn(root)

const readme = readFileSync(join(root, 'README.md'), 'utf8')

test('the matrix of README is current: `node policy-tools/catalogue/matrix.ts` writes it', () => {
  expect(withMatrix(readme, matrixOf(allKinds, entries))).toBe(readme)
})

test('the matrix has a row for each credential of each kind of target in the registry', () => {
  const rows = matrixOf(allKinds, entries).split('\n').slice(2)
  expect(rows).toHaveLength(allKinds.flatMap(({ credentials }) => Object.keys(credentials)).length)
  for (const id of aliasedKinds)
    expect(rows.join('\n')).toContain(`| ${allKinds.find((kind) => kind.id === id)?.name} | `)
})

test('a right is as tight as its definition says', () => {
  const rowOf = (...kinds: Parameters<typeof matrixOf>[0]) => matrixOf(kinds, entries).split('\n')[2]
  const { open: _open, own: _own, ...bare } = aws
  expect(rowOf(aws)).toContain('| some: the card says which are open | no | yes |')
  expect(rowOf({ ...bare, own: { singleUse: 'yes', stopsWithin: 'a second' } })).toMatch(
    /\| all \| no .*\| yes \| a second \|$/,
  )
  expect(() => rowOf(bare)).toThrow('the kind `aws` has credentials of its own and no `own`')
})

import { readFileSync } from 'node:fs'

/** Rows of the tables of docs/vocabulary.md: the words that each defines. */
const defined = readFileSync('docs/vocabulary.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:---|word \|)/.test(line))
  .flatMap((row) => (row.split(' | ')[0] ?? '').slice(2).split(', '))

test('the vocabulary defines each word in one row', () => {
  expect(defined.length).toBeGreaterThan(200)
  expect(defined.filter((word, at) => defined.indexOf(word) !== at)).toEqual([])
})

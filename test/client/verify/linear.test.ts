import { foundIn } from '../../../client/verify/read-file.ts'
import { checkAgainstEntries } from '../../../client/verify/receipt.ts'
import { readStrict } from '../../../client/verify/strict-json.ts'
import { type FoundEntry, flawsOfChains } from '../../../functions/domain/anchor/check-entries.ts'
import type { Receipt } from '../../../functions/domain/anchor/receipt.ts'

/** The author of a file does not choose how long `hotwork verify` takes for each of its bytes. */

/** The processor time of this process, the least of some runs: it excludes other programs and garbage collection. */
function processorTime(times: number, work: () => unknown): number {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < 5; run++) {
    const before = process.cpuUsage()
    for (let again = 0; again < times; again++) work()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, user + system)
  }
  return least
}

const entry = (id: string): FoundEntry => ({ id, hash: 'h', previous: null })
const line = (id: string) => `${JSON.stringify(entry(id))}\n`

test.each<[string, (size: number) => string]>([
  ['a string that is not closed', (size) => `"${'\\"'.repeat(size)}`],
  ['a string that a backslash ends', (size) => `${'"\\"'.repeat(size)}\\`],
  ['strings that follow one another', (size) => '""'.repeat(size)],
  ['lists that are not closed', (size) => '['.repeat(size)],
  ['strings with blanks behind them', (size) => `["${' '.repeat(size)}"${' '.repeat(size)}]`],
  ['a list of strings', (size) => JSON.stringify(Array.from({ length: size }, () => '"\\'))],
  [
    'an object with many names',
    (size) => JSON.stringify(Object.fromEntries(Array.from({ length: size }, (_, at) => [`"${at}`, 0]))),
  ],
  ['lines of entries', (size) => Array.from({ length: size }, (_, at) => line(`a/${at + 1}`)).join('')],
  ['carriage returns', (size) => '\r'.repeat(size)],
  ['what begins as a receipt does', (size) => `${'a'.repeat(size)}{`],
])('the processor time to read a file grows no faster than the file: %s', (_what, make) => {
  const read = (text: string) => () => [foundIn(text), readStrict(text)]
  const [short, long] = [make(250), make(8000)]
  processorTime(32, read(short))
  // As many bytes in all: the ratio is 1 in linear time, and 32 in quadratic.
  expect(processorTime(2, read(long)) / processorTime(64, read(short))).toBeLessThan(8)
})

test('an entry with a great number is one finding, and so is a receipt of many entries', () => {
  const most = Number.MAX_SAFE_INTEGER
  expect(flawsOfChains([entry(`req_1/${most}`)])).toEqual([
    { entry: 'req_1/1', flaw: 'missing', through: `req_1/${most - 1}` },
    { entry: `req_1/${most}`, flaw: 'altered' },
  ])
  const receipt = { sub: 'req_1', entries: most, head: 'h' } as unknown as Receipt
  expect(checkAgainstEntries(receipt, []).map(({ words }) => words)).toEqual([`req_1/1 to req_1/${most} are missing`])
})

test('a few missing entries are named one by one', () => {
  expect(flawsOfChains([entry('req_1/3')]).map(({ entry, flaw }) => `${entry} ${flaw}`)).toEqual([
    ...['req_1/1 missing', 'req_1/2 missing', 'req_1/3 altered'],
  ])
  expect(flawsOfChains([entry('req_1/3'), entry('req_1/9')], { part: true }).map(({ flaw }) => flaw)).toEqual([
    ...['altered', 'altered'],
  ])
})

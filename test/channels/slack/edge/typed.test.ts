import { splitOnce } from '../../../../functions/channels/slack/edge/typed.ts'
import { readHaltLine } from '../../../../functions/channels/slack/home/halts.ts'
import { inert } from '../../../../functions/domain/inert.ts'
import { growth } from '../../../support/growth.ts'
import { start } from '../../../support/world.ts'

/** Typed text, which may be long and hostile. */

test.each([
  ['', '', ''],
  ['  ', '', ''],
  ['revoke', 'revoke', ''],
  ['  revoke \n req_1  it is over \t', 'revoke', 'req_1  it is over'],
  ['a\u00a0b', 'a', 'b'],
])('the first word of “%s” is split off, and both parts are trimmed', (text, first, rest) =>
  expect(splitOnce(text)).toEqual([first, rest]),
)

test.each([
  ['a\n\n  b', 'a ⏎ b'],
  ['a \r\n\t b', 'a ⏎ b'],
  ['a  b\tc', 'a  b c'],
  ['\u2028a\u2029', ' ⏎ a ⏎ '],
])('the line breaks of “%s” become one sign, and other blanks stay', (text, shown) => expect(inert(text)).toBe(shown))

const hostile: readonly [string, (size: number) => string][] = [
  ['blanks between two words', (size) => `a${' '.repeat(size)}b`],
  ['blanks and words by turns', (size) => 'a '.repeat(size / 2)],
  ['line breaks', (size) => `a${'\n'.repeat(size)}b`],
  ['blanks before a line break', (size) => `${' '.repeat(size)}\n`],
  ['tabs', (size) => `${'\t'.repeat(size)}x`],
]
const readers: readonly [string, (text: string) => unknown][] = [
  ['splitOnce', splitOnce],
  ['readHaltLine', (text) => readHaltLine(`agent:remediator ${text}`, start)],
  ['inert', inert],
]
describe.each(readers)('%s', (_name, read) => {
  test.each(hostile)('a reader takes about eight times as long for eight times as many %s', (_what, ofSize) => {
    const timesAsLong = growth((size) => {
      const text = ofSize(size)
      return () => read(text)
    }, 16_000)
    // A quadratic reader would take 64 times as long.
    expect(timesAsLong).toBeLessThan(24)
  })
})

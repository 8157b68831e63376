import { PassThrough } from 'node:stream'
import { ask } from '../../client/surroundings.ts'

/** A question to the person at the terminal. */

const terminal = () => Object.assign(new PassThrough(), { isTTY: true, columns: 80, setRawMode: () => {} })

test.each([
  ['a line', 'y', 'y\r'],
  ['an empty line', '', '\r'],
  ['Ctrl-C', '', '\u0003'],
  ['Ctrl-D', '', '\u0004'],
])('a question that ends with %s is answered %j', async (_what, expected, keys) => {
  const [input, output] = [terminal(), terminal()]
  const answer = ask('Approve? [y/N] ', undefined, input, output)
  input.write(keys)
  expect(await answer).toBe(expected)
  expect(String(output.read())).toContain('Approve? [y/N] ')
})

test('a question at the end of the input is not answered', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()]
  const answer = ask('Approve? [y/N] ', undefined, input, output)
  input.end()
  expect(await answer).toBe('')
})

test('a question that was answered elsewhere is not answered here', async () => {
  const [input, output, elsewhere] = [terminal(), terminal(), new AbortController()]
  const answer = ask('address: ', elsewhere.signal, input, output)
  elsewhere.abort()
  expect(await answer).toBe('')
})

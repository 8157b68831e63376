import { layOut, Report, wrap } from '../../local/demo/report.ts'

/** A report that writes into an object. */
const reportTo = (output: { isTTY?: boolean; text: string }, signal?: AbortSignal) =>
  new Report({ ...output, write: (text: string) => (output.text += text) }, signal)
const holds = async () => ({ held: true, found: 'it is so', value: 7 })
const fails = async () => ({ held: false, found: 'it is otherwise', value: 7 })

test('a report in which all held says so, and an expectation returns its value', async () => {
  const output = { text: '' }
  const report = reportTo(output)
  await report.chapter('one', 'about it', async () => {
    expect(await report.expect('it is so', holds)).toBe(7)
  })
  expect(report.finish()).toBe(true)
  expect(output.text).toContain('1 expectations held, 0 failed')
})

test('an expectation that fails ends its chapter and is counted; the next chapter runs', async () => {
  const output = { text: '' }
  const report = reportTo(output)
  let ran = ''
  await report.chapter('one', '', async () => {
    await report.expect('it is so', fails)
    ran += 'rest of one'
  })
  await report.chapter('two', '', async () => {
    await report.expect('it is so', holds)
    ran += 'two'
  })
  expect(ran).toBe('two')
  expect(report.finish()).toBe(false)
  expect(output.text).toMatch(/✗ expected, and not so: it is so\s+found: it is otherwise/)
  expect(output.text).toContain('1 expectations held, 1 failed')
})

test.each([
  ['in an expectation', (report: Report) => report.expect('x', () => Promise.reject(new TypeError('broken')))],
  ['between expectations', () => Promise.reject(new TypeError('broken'))],
])('a fault %s counts as a failure, with its name', async (_where, work) => {
  const output = { text: '' }
  const report = reportTo(output)
  await report.chapter('one', '', async () => void (await work(report)))
  expect(report.finish()).toBe(false)
  expect(output.text).toContain('TypeError: broken')
})

test('a report without an expectation is no success', () => {
  expect(reportTo({ text: '' }).finish()).toBe(false)
})

test('an abort ends the waiting expectation, and all after it', async () => {
  const asked = new AbortController()
  const report = reportTo({ text: '' }, asked.signal)
  const told = report.chapter('one', '', async () => {
    await report.expect('it comes', () => new Promise<never>(() => {}))
  })
  asked.abort(new Error('asked to end'))
  await expect(told).rejects.toThrow('asked to end')
})

test('a report has colour only on a terminal', async () => {
  // The environment of the tests may forbid colour.
  delete process.env['NO_COLOR']
  const [file, terminal] = [{ text: '' }, { text: '', isTTY: true }]
  for (const output of [file, terminal]) {
    const report = reportTo(output)
    await report.chapter('one', '', async () => void (await report.expect('it is so', holds)))
  }
  expect(file.text).not.toContain('\x1b')
  expect(terminal.text).toContain('\x1b[32m')
})

test('latencies are summed up by name', () => {
  const output = { text: '' }
  const report = reportTo(output)
  for (const milliseconds of [30, 10, 20]) report.latency('request to card', milliseconds)
  report.finish()
  expect(output.text).toMatch(/request to card\s+20 ms\s+10 ms\s+30 ms\s+3\n/)
})

test('text wraps at spaces, and a word that is too long stands alone', () => {
  expect(wrap('a bb ccc dddddddddd e', 6)).toEqual(['a bb', 'ccc', 'dddddddddd', 'e'])
})

test('columns are as wide as their widest cell', () => {
  expect(
    layOut([
      ['a', 'b'],
      ['ccc', 'd'],
    ]),
  ).toEqual(['a    b', 'ccc  d'])
})

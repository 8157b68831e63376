import { createProgress } from '../../local/progress.ts'

const record = (isTTY: boolean) => {
  const written: string[] = []
  return { written, output: { isTTY, write: (text: string) => written.push(text) } }
}
const seconds = /\(\d+\.\d s\)/

test('a step prints a line at its start and one at its end on plain output', async () => {
  const { written, output } = record(false)
  const result = await createProgress(output)('deploy', async (note) => {
    note('140 resources')
    return 7
  })
  expect(result).toBe(7)
  expect(written.map((line) => line.replace(seconds, '(N s)'))).toEqual([
    '  deploy ...\n',
    '✓ deploy: 140 resources (N s)\n',
  ])
})

test('a failed step is shown as failed, and rejects with its fault', async () => {
  const { written, output } = record(false)
  const failing = createProgress(output)('deploy', () => Promise.reject(new Error('no bucket')))
  await expect(failing).rejects.toThrow('no bucket')
  expect(written.at(-1)).toMatch(/^✗ deploy \(/)
})

test('running steps share the last line on a terminal, and ended ones stay above it', async () => {
  const { written, output } = record(true)
  const progress = createProgress(output)
  const slow = Promise.withResolvers<void>()
  const first = progress('install', () => slow.promise)
  await progress('synthesize', async () => {})
  slow.resolve()
  await first
  const screen = written
    .join('')
    .split('\n')
    .map((line) => line.split('\r\x1b[2K').at(-1)?.replace(seconds, '(N s)'))
  expect(screen).toEqual(['✓ synthesize (N s)', '✓ install (N s)', ''])
  expect(written.some((text) => /install .* · synthesize /.test(text))).toBe(true)
})

import { createProgress } from '../../local/progress.ts'

const record = (isTTY: boolean) => {
  const written: string[] = []
  return { written, output: { isTTY, write: (text: string) => written.push(text) } }
}
const seconds = /\(\d+\.\d s\)/

test('on plain output a step is a line when it starts and one when it ends', async () => {
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

test('a step that fails is shown as failed, and its fault goes on to the caller', async () => {
  const { written, output } = record(false)
  const failing = createProgress(output)('deploy', () => Promise.reject(new Error('no bucket')))
  await expect(failing).rejects.toThrow('no bucket')
  expect(written.at(-1)).toMatch(/^✗ deploy \(/)
})

test('on a terminal the running steps share the last line, and what has ended stays above it', async () => {
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

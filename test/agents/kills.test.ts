import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/**
 * The MCP gate, its server, its host and Hotwork, each killed at every point of a call: `node test/agents/kills.ts`.
 */

jest.setTimeout(400_000)

/** As many as CI has time for, always of the same seeds. docs/agents/mcp.md has the results of more. */
const count = 60

test('calls that are killed again and again never run twice or without a use on record, and each has its answer', async () => {
  const words = [join(__dirname, 'kills.ts'), '--count', `${count}`, '--faults']
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect([err, JSON.parse(out || '{}')]).toEqual([
    '',
    expect.objectContaining({
      ...{ doubleRuns: 0, ungatedRuns: 0, wrong: [] },
      killed: {
        ...{ gate: expect.any(Number), server: expect.any(Number) },
        ...{ host: expect.any(Number), Hotwork: expect.any(Number) },
      },
      // A gate with a seeded fault is caught.
      found: {
        'forwards before it marks': expect.objectContaining({ seed: expect.any(Number) }),
        'asks no use': expect.objectContaining({ seed: expect.any(Number) }),
        'forgets its journal': expect.objectContaining({ seed: expect.any(Number) }),
      },
    }),
  ])
})

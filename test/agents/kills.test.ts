import { join } from 'node:path'
import { ran } from '../client/support/ran.ts'

/** The MCP gate, its server, its host and Hotwork, killed at every point of a call: `node test/agents/kills.ts`. */

jest.setTimeout(400_000)

/** As many as CI has time for, always of the same seeds. docs/agents/mcp.md has the results of more. */
const count = 60

test('calls that are killed again and again never run twice or without a use on record, and each has its answer', async () => {
  const words = [join(__dirname, 'kills.ts'), '--count', `${count}`, '--faults']
  const { out, err } = await ran(process.execPath, words)
  const number = expect.any(Number)
  const caught = expect.objectContaining({ seed: number })
  expect([err, JSON.parse(out || '{}')]).toEqual([
    '',
    expect.objectContaining({
      ...{ doubleRuns: 0, ungatedRuns: 0, wrong: [] },
      killed: { gate: number, server: number, host: number, Hotwork: number },
      // A gate with a seeded fault is caught.
      found: { 'forwards before it marks': caught, 'asks no use': caught, 'forgets its journal': caught },
    }),
  ])
})

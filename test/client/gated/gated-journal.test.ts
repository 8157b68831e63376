import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GatedJournal } from '../../../client/gated/gated-journal.ts'
import { KeptKeys } from '../../../client/kept-keys.ts'

/** What processes that share a folder see of one another's calls. */

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hotwork-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const around = { env: {}, now: () => new Date(), pause: async () => {} }
const call = { action: 'flags:set', arguments: {}, purpose: 'release', parentTask: { id: 'REL-7' } }
const denied = { state: 'denied', reported: true, until: Date.now() + 60_000 } as const

/** Another process ends the call while this one looks whether it has ended. */
class Raced extends KeptKeys {
  meanwhile: () => void = () => {}
  override read(place: string): unknown {
    const found = super.read(place)
    if (place.startsWith('ended-')) this.meanwhile()
    return found
  }
  override has(place: string): boolean {
    const found = super.has(place)
    if (place.startsWith('ended-')) this.meanwhile()
    return found
  }
}

test('a call that another process ends while this one looks is not taken for one that cannot be read', () => {
  const keys = new Raced(around, folder)
  const journal = new GatedJournal(keys)
  const asked = journal.open('0'.repeat(40), 'agent-remediator', call)
  const other = new GatedJournal(new KeptKeys(around, folder))
  keys.meanwhile = () => other.end(asked, denied)
  expect(journal.endOf(asked)).toBeUndefined()
  expect(journal.endOf(asked)).toMatchObject({ state: 'denied' })
})

test('an end that is there and cannot be read is an error, and never a call that has not ended', () => {
  const keys = new KeptKeys(around, folder)
  const journal = new GatedJournal(keys)
  const asked = journal.open('0'.repeat(40), 'agent-remediator', call)
  keys.write(`ended-${asked.callId}`, { version: 1 })
  expect(() => journal.endOf(asked)).toThrow('cannot be read')
})

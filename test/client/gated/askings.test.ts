import * as z from 'zod'
import { Askings, ends } from '../../../client/gated/askings.ts'
import { Journal, type Kind } from '../../../client/journal/journal.ts'
import { useFolder } from '../support/folder.ts'

/** The calls of processes that share a folder, as each sees those of the others. */

const folder = useFolder()

const around = { env: {}, now: () => new Date(), pause: async () => {} }
const call = { action: 'flags:set', arguments: {}, purpose: 'release', parentTask: { id: 'REL-7' } }
const denied = { state: 'denied', reported: true, until: Date.now() + 60_000 } as const

/** Another process ends the call while this one looks for its end. */
class Raced extends Journal {
  meanwhile: () => void = () => {}
  override has<T>(kind: Kind<T>, id: string): boolean {
    const found = super.has(kind, id)
    if (kind.prefix === ends.prefix) this.meanwhile()
    return found
  }
}

test('a call that another process ends during a look is not taken for an unreadable one', () => {
  const journal = new Raced(around, folder())
  const askings = new Askings(journal)
  const asked = askings.open('agent-remediator', call)
  const other = new Askings(new Journal(around, folder()))
  journal.meanwhile = () => other.end(asked, denied)
  expect(askings.endOf(asked)).toBeUndefined()
  expect(askings.endOf(asked)).toMatchObject({ state: 'denied' })
})

test('an unreadable end is an error, and never a call that has not ended', () => {
  const journal = new Journal(around, folder())
  const askings = new Askings(journal)
  const asked = askings.open('agent-remediator', call)
  journal.put({ ...ends, shape: z.looseObject({}) }, asked.callId, { version: 1 })
  expect(() => askings.endOf(asked)).toThrow('cannot be read')
})

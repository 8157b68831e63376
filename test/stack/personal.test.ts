import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { verify } from '../../functions/domain/ledger/ledger.ts'
import { deployed, prod, remediator, setParameter } from './support/deployment.ts'

const hotwork = deployed()
const words = 'the timeout is too low for the people of Kofi'
const security = 'person:gus'

type Page = { entries: { id: string }[]; personal: Record<string, Record<string, { text: string; salt: string }>> }

const pageOf = async (id: string): Promise<Page> =>
  (await hotwork.as('person:ana', 'GET', `/v1/requests/${id}/ledger`)).body
const problem = (code: string) => expect.stringMatching(new RegExp(`/problems/${code}$`))
const erase = async (of: string, by = security) => hotwork.as(by, 'DELETE', `/v1/people/${of}/personal`)

/** The commitment of docs/digests.md, without Hotwork's code. */
const commitmentTo = (salt: string, text: string): string => {
  const canonical = canonicalize({ salt, text })
  return `sha-256:${createHash('sha256').update(`hotwork.personal.v1\n${canonical}`).digest('base64url')}`
}

test('texts lie beside the entries that commit to them, and are erased without a change to the record', async () => {
  const id = await hotwork.submitted(remediator, setParameter(prod), {
    context: { ...setParameter(prod).context, justification: words },
  })
  const { body: commented } = await hotwork.decide('person:ana', id, { comment: 'as agreed' })
  expect(commented.stages[0].decisions[0].comment).toBe('as agreed')
  expect((await hotwork.view(id)).justification).toBe(words)
  const before = await pageOf(id)
  const [first, ...rest] = before.entries as unknown as { facts: { ask: { justification: string } } }[]
  expect(JSON.stringify([first, ...rest])).not.toContain('Kofi')
  const { text, salt } = before.personal[`${id}/1`]?.['/facts/ask/justification'] ?? { text: '', salt: '' }
  expect([text, commitmentTo(salt, text)]).toEqual([words, first?.facts.ask.justification])
  const owner = (await hotwork.view(id)).owner as string

  expect(await erase(owner, 'person:ana')).toMatchObject({ status: 403, body: { type: problem('not_permitted') } })
  expect(await erase('person:no-one-of-ours')).toMatchObject({ status: 404, body: { type: problem('unknown_person') } })
  expect(await erase(security)).toMatchObject({ status: 403, body: { type: problem('own_erasure') } })
  // The text of a pending request stays.
  const early = await erase(owner)
  expect([early.status, early.body.kept > 0]).toEqual([200, true])
  expect((await hotwork.view(id)).justification).toBe(words)
  expect(await hotwork.decide('person:eve', id, { verdict: 'deny' })).toMatchObject({ status: 200 })
  const decided = await pageOf(id)
  const erased = await erase(owner)
  expect(erased).toMatchObject({ status: 200, body: { erased: expect.any(Number) } })
  expect(erased.body.erased).toBeGreaterThan(0)

  const after = await pageOf(id)
  expect(after.entries).toEqual(decided.entries)
  expect(after.personal[`${id}/1`]).toBeUndefined()
  expect(JSON.stringify(after.personal)).toContain('as agreed')
  expect((await hotwork.view(id)).justification).toBe('(erased)')
  expect(verify(id, (await pageOf(id)).entries as never).broken).toBeUndefined()
  const chain = (await hotwork.as('person:ana', 'GET', `/v1/ledger/${owner}`)).body
  expect(chain.entries.at(-1)).toMatchObject({ type: 'Erased', actor: { id: security }, v: 2 })
})

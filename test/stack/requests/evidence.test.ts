import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { inBrowser } from '../../local/support/browser.ts'
import { useBrowser } from '../support/browser.ts'
import { deployed, prod, remediator, setParameter } from '../support/deployment.ts'

/** Evidence on the deployed stack: asked with, read on card, page and in R, decided on, erased. */

const hotwork = deployed()
const { local, desk } = hotwork
const text = `first line\nthe people of Kofi saw it\n${'x'.repeat(20_000)}`
const log = { title: 'errors since 02:51', text, media_type: 'text/markdown' }
const askWith = (...evidence: object[]) => {
  const { context, ...body } = setParameter(prod)
  return { ...body, context: { ...context, evidence } }
}
const digestOf = (item: object) =>
  `sha-256:${createHash('sha256')
    .update(`hotwork.evidence.v1\n${canonicalize(item)}`)
    .digest('base64url')}`

test('evidence is read on the card and in R, is decided on, and is erased without a change to the record', async () => {
  const id = await hotwork.submitted(remediator, askWith(log))
  const card = await desk.untilCard(id)
  expect(card.says).toContain(log.title)
  expect(card.says).not.toContain('Kofi')
  expect((await hotwork.view(id)).evidence).toEqual([{ ...log, digest: digestOf(log) }])
  const entries = await hotwork.ledger(id)
  expect(JSON.stringify(entries)).not.toContain('Kofi')
  expect(JSON.stringify(entries)).toContain(digestOf(log))

  expect((await hotwork.decide('person:ana', id)).status).toBe(200)
  expect((await hotwork.decide('person:eve', id, { verdict: 'deny' })).status).toBe(200)
  const { owner } = await hotwork.view(id)
  const before = await hotwork.ledger(id)
  const erased = await hotwork.as('person:gus', 'DELETE', `/v1/people/${owner}/personal`)
  expect([erased.status, erased.body.erased >= 2]).toEqual([200, true])
  expect((await hotwork.view(id)).evidence).toEqual([
    { title: '(erased)', text: '(erased)', media_type: 'text/markdown', digest: digestOf(log) },
  ])
  expect(await hotwork.ledger(id)).toEqual(before)
})

test('evidence that is too much, or of a host that the deployment does not know, makes no request', async () => {
  const large = await hotwork.evaluate(remediator, askWith({ title: 'a', text: 'x'.repeat(33 * 1024) }))
  expect(large).toMatchObject({ status: 400, body: { detail: expect.stringContaining('`context.evidence`') } })
  const url = 'https://elsewhere.example/d/1'
  expect(await hotwork.submit(remediator, askWith({ title: 'p99', url }))).toMatchObject({
    status: 400,
    body: {
      type: expect.stringMatching(/invalid_evidence$/),
      detail: expect.stringContaining('`context.evidence.0.url`'),
    },
  })
})

inBrowser('the page of a request with evidence', () => {
  const openAs = useBrowser()

  test('the page has the text of an item behind its title, whole', async () => {
    const id = await hotwork.submitted(remediator, askWith(log))
    const page = await openAs('Ana Alves', `${local.apiUrl}/decide/${id}`)
    const item = page.getByRole('listitem').filter({ hasText: log.title })
    await item.getByText('Text (text/markdown)').click()
    expect(await item.locator('pre').textContent()).toBe(text)
  })
})

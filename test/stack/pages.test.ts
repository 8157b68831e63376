import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JWK } from 'jose'
import type { Page } from 'playwright-core'
import { checkLogins } from '../../functions/adapters/jose/login-checks.ts'
import type { Directory } from '../../functions/domain/people/organisation.ts'
import { inBrowser } from '../local/support/browser.ts'
import { storedEntries } from './support/aws.ts'
import { button, useBrowser } from './support/browser.ts'
import { deployed, prod, remediator, setParameter } from './support/deployment.ts'

/** The deployed pages in a browser, mostly without script, with the provider at which people log in. */

inBrowser('the deployed pages', () => {
  const hotwork = deployed()
  const { local, desk } = hotwork
  const openAs = useBrowser()
  const onRecord = (page: Page) => page.getByText('You approved this; it is on record.').waitFor()

  test('a pending request is listed and decided on the pages while Slack is down, and its card catches up', async () => {
    const id = await hotwork.submitted(remediator, setParameter(prod))
    await desk.untilCard(id)
    await desk.fail(503)
    try {
      const page = await openAs('Ben Baker', `${local.apiUrl}/decide`)
      await page.locator(`a[href="/decide/${id}"]`).click()
      await page
        .getByLabel(/^Comment/)
        .first()
        .fill('by the page')
      await button(page, 'Approve exactly this').click()
      await onRecord(page)
    } finally {
      await desk.fail(0)
    }
    const decided = (await storedEntries(local, id)).find(({ type }) => type === 'Decided')
    expect(decided).toMatchObject({ actor: { id: 'person:ben' }, facts: { through: 'page', comment: 'by the page' } })
    await desk.untilCard(id, ({ says }) => says.includes('Ben Baker'))
  })

  test('the page of how people decide has the stage of a decision that was just made', async () => {
    const id = await hotwork.submitted(remediator, setParameter(prod))
    await hotwork.decide('person:ana', id)
    const page = await openAs('Ben Baker', `${local.apiUrl}/measures`)
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'owner', exact: true }) })
    await row.waitFor()
    expect(await row.textContent()).toMatch(/% of \d+/)
  })

  test('a stronger login is made for one decision, and is its evidence in the ledger', async () => {
    const id = await hotwork.submitted(remediator, {
      ...setParameter(prod),
      context: { ...setParameter(prod)['context'], justification: 'the queue grows without an end' },
      action: {
        name: 'lambda:PutFunctionConcurrency',
        properties: { FunctionName: 'checkout-pages', ReservedConcurrentExecutions: 0 },
      },
      resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-pages' },
    })
    await hotwork.decide('person:ana', id)
    for (const name of ['Gus Garcia', 'Hana Hoshi']) {
      const page = await openAs(name, `${local.apiUrl}/decide/${id}`)
      await button(page, 'Log in and approve exactly this').click()
      await page.getByText('This login counts as strong').waitFor()
      await button(page, name).click()
      await onRecord(page)
    }
    expect((await hotwork.task(remediator, id)).body.task.status).toBe('approved')

    const directory = JSON.parse(readFileSync(join(__dirname, '../../policies/directory.json'), 'utf8')) as Directory
    const { keys } = (await (await fetch(`${local.identityProviderUrl}/jwks`)).json()) as { keys: JWK[] }
    const checked = await checkLogins(await storedEntries(local, id), {
      alias: 'people',
      issuer: { issuer: local.identityProviderUrl, audience: '{issuer}/people', algorithms: ['ES256'] },
      clientId: 'hotwork-browser',
      directory,
      keys,
    })
    expect(JSON.stringify(await hotwork.ledger(id))).not.toContain('eyJ')
    expect(checked.map(({ person, key, broken }) => [person, key, broken])).toEqual([
      ['person:gus', 'known', undefined],
      ['person:hana', 'known', undefined],
    ])
  })

  test('an open list shows a new request by itself, in the zone of the browser, and keys lead to its form', async () => {
    const options = { javaScriptEnabled: true, timezoneId: 'Asia/Kolkata' }
    const page = await openAs('Ben Baker', `${local.apiUrl}/decide`, options)
    const unchanged = page.waitForResponse(
      (answer) => answer.url() === `${local.apiUrl}/decide` && answer.status() === 304,
    )
    const id = await hotwork.submitted(remediator, setParameter(prod))
    const row = page.locator(`tr:has(a[href="/decide/${id}"])`)
    await row.waitFor()
    expect(await row.locator('time').textContent()).toMatch(/ GMT\+5:30$/)
    await unchanged
    const browser = await page.context().newCDPSession(page)
    expect((await browser.send('Page.getAppManifest')).errors).toEqual([])
    await row.locator('a').focus()
    await page.keyboard.type('d')
    await page.locator('#deny-comment:focus').waitFor()
    await page.keyboard.type('by keys')
    await button(page, 'Deny').click()
    await page.getByText('You denied this; it is on record.').waitFor()
    const decided = (await storedEntries(local, id)).find(({ type }) => type === 'Decided')
    expect(decided).toMatchObject({ actor: { id: 'person:ben' }, facts: { through: 'page', comment: 'by keys' } })
    const icon = await fetch(`${local.apiUrl}/icons/icon-192.png`)
    expect([
      icon.headers.get('content-type'),
      Buffer.from(await icon.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ]).toEqual(['image/png', 'PNG'])
  })

  test('an unlinked user who clicks is shown a link, logs in, and is known from then on', async () => {
    const card = await desk.untilCard(await hotwork.submitted(remediator, setParameter(prod)))
    const before = (await desk.toldTo('U0MIA')).length
    await desk.click(card, 'deny', 'U0MIA')
    const told = await desk.untilTold('U0MIA', before)
    const [address = ''] = /http\S+\/link\?code=[\w-]+/.exec(told.text) ?? []
    const page = await openAs('Mia Moreau', address)
    await page.getByRole('button', { name: /^Yes, .* in Slack is me$/ }).click()
    await page.getByText(/^Linked:/).waitFor()
    // Mia is in security, and this request has no stage for it: she is known now, and told so.
    await desk.click(card, 'deny', 'U0MIA')
    expect((await desk.untilTold('U0MIA', before + 1)).text).toMatch(/Policy does not let you decide/)
    await page.goto(`${local.apiUrl}/link`)
    await button(page, 'Unlink it').click()
    await page.getByText(/^Unlinked:/).waitFor()
    await desk.click(card, 'deny', 'U0MIA')
    expect((await desk.untilTold('U0MIA', before + 2)).text).toContain('/link?code=')
  })
})

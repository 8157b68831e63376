import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JWK } from 'jose'
import type { Browser, Page } from 'playwright-core'
import { checkLogins } from '../../functions/adapters/jose/login-checks.ts'
import type { Directory } from '../../functions/domain/people/organisation.ts'
import { inBrowser, launchBrowser } from '../local/support/browser.ts'
import { storedEntries, until, withCredentials } from './support/aws.ts'
import { Deployment, prod, remediator, setParameter } from './support/deployment.ts'

/** The pages as they are deployed, in a browser without script, with the provider that people log in at. */

inBrowser('the deployed pages', () => {
  jest.setTimeout(240_000)
  const hotwork = new Deployment()
  const { local, desk } = hotwork
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())))

  /** Goes somewhere of ours, and logs in on the way as the person with this name. */
  async function openAs(name: string, address: string): Promise<Page> {
    const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(address)
    await page.getByRole('button', { name }).click()
    await page.getByRole('button', { name: 'Log out' }).waitFor()
    return page
  }
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
  const onRecord = (page: Page) => page.getByText('You approved this; it is on record.').waitFor()

  test('what waits for somebody is listed and decided there, with Slack down, and its card catches up', async () => {
    const fault = (status: number) =>
      fetch(`${local.slack.deskUrl}control/fault`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ status }),
      })
    const id = await hotwork.submitted(remediator, setParameter(prod))
    await desk.untilCard(id)
    await fault(503)
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
      await fault(0)
    }
    const decided = (await hotwork.ledger(id)).find(({ type }) => type === 'Decided')
    expect(decided).toMatchObject({ actor: { id: 'person:ben' }, facts: { through: 'page', comment: 'by the page' } })
    await desk.untilCard(id, ({ says }) => says.includes('Ben Baker'))
  })

  test('a stronger login is made for one decision, and stands in the ledger as its evidence', async () => {
    const id = await hotwork.submitted(remediator, {
      ...setParameter(prod),
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

  test('whoever clicks and is nobody yet is shown a link, logs in, and counts from then on', async () => {
    const id = await hotwork.submitted(remediator, setParameter(prod))
    const card = await desk.untilCard(id)
    const before = (await desk.toldTo('U0MIA')).length
    await desk.click(card, 'deny', 'U0MIA')
    const told = await desk.untilTold('U0MIA', before)
    const [address = ''] = /http\S+\/link\?code=[\w-]+/.exec(told.text) ?? []
    const page = await openAs('Mia Moreau', address)
    await page.getByRole('button', { name: /^Yes, .* in Slack is me$/ }).click()
    await page.getByText(/^Linked:/).waitFor()
    // Mia is of security, whose stage this request does not have: she is known now, and told so.
    await desk.click(card, 'deny', 'U0MIA')
    expect((await desk.untilTold('U0MIA', before + 1)).text).toMatch(/Policy does not let you decide/)
    await page.goto(`${local.apiUrl}/link`)
    await button(page, 'Unlink it').click()
    await page.getByText(/^Unlinked:/).waitFor()
    await desk.click(card, 'deny', 'U0MIA')
    expect((await desk.untilTold('U0MIA', before + 2)).text).toContain('/link?code=')
  })

  describe('of break-glass', () => {
    // Where break-glass can be used every few seconds: test/support/policies/break-glass.json.
    const swift = new Deployment('swift')
    const [kofi, path] = ['person:kofi', '/v1/break-glass']

    /** Opens as soon as the last one is over for so long that it may be opened again. */
    async function opened(changes: object): Promise<string> {
      const open = async () =>
        swift.json(
          'POST',
          path,
          await swift.token(kofi, { acr_values: 'strong' }),
          {
            profile: 'checkout-recovery',
            reason: `checkout is stuck, ${randomUUID().slice(0, 8)}: putting its timeout back by hand`,
            ...{ incident: 'INC-2077', minutes: 5, ...changes },
          },
          { dpop: await swift.proof(kofi, 'POST', path), 'idempotency-key': randomUUID() },
        )
      return (await until(open, ({ status }) => status !== 409)).body.id
    }

    test('one opening shows each call that was made with it, is ended there, and is reviewed there by somebody else', async () => {
      const id = await opened({})
      const token = (await swift.exchange(kofi, id)).body.access_token
      const called = '/prod/checkout/payment-timeout-ms'
      await withCredentials(swift.local, await swift.awsCredentials(kofi, token)).putParameter(called)
      const address = `${swift.local.apiUrl}/break-glass/${id}`

      const mine = await openAs('Kofi Kaya', address)
      await button(mine, 'End it now').click()
      await mine.getByText(/Ended early by Kofi/).waitFor()

      const page = await openAs('Gus Garcia', address)
      const text = (await page.locator('main').textContent()) ?? ''
      expect(text).toContain('INC-2077')
      expect(text).toMatch(/ssm:PutParameter/)
      expect(text).toMatch(/AWS credentials, valid until/)
      await page.getByRole('radio', { name: /^Justified/ }).check()
      await page.getByLabel(/^What you looked at/).fill('one call, on the parameter of the incident')
      await button(page, 'Record the review').click()
      await page.getByText('You reviewed this; it is on record.').waitFor()
      const { body } = await swift.json('GET', `${path}/${id}`, await swift.token(kofi))
      expect(body).toMatchObject({
        status: 'completed',
        credentials: [{ kind: 'access_token' }, { kind: 'aws' }],
        calls: [{ service: 'ssm', name: 'PutParameter' }],
        review: { status: 'done', by: 'person:gus', outcome: 'justified' },
      })
    })

    test('a drill has its report, measured from the call that opened it to the message in the channel', async () => {
      const id = await opened({ drill: true })
      const report = await until(
        async () => (await swift.json('GET', `${path}/${id}/drill`, await swift.token(kofi))).body,
        ({ told }) => told.in_channel && told.paged && told.missing.length === 0,
      )
      expect(report.steps.slice(0, 2)).toMatchObject([
        { step: 'open', verdict: 'met', within_seconds: 5 },
        { step: 'tell', verdict: 'met', within_seconds: 60 },
      ])
      const page = await openAs('Eve Evans', `${swift.local.apiUrl}/break-glass/${id}/drill`)
      await page.getByRole('heading', { name: /^Drill: all kept so far|^Drill: every promise kept/ }).waitFor()
    })
  })
})

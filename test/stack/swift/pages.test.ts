import { randomUUID } from 'node:crypto'
import { inBrowser } from '../../local/support/browser.ts'
import { until, withCredentials } from '../support/aws.ts'
import { button, useBrowser } from '../support/browser.ts'
import { Deployment } from '../support/deployment.ts'

/** The pages of openings as they are deployed, where one may be made every few seconds: test/support/policies/break-glass.json. */

inBrowser('the deployed pages of break-glass', () => {
  jest.setTimeout(240_000)
  const openAs = useBrowser()
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
    const called = '/prod/checkout/of-an-opening'
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
      calls: [{ action: 'ssm:PutParameter', verdict: 'approved' }],
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

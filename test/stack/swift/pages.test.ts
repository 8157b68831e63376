import { inBrowser } from '../../local/support/browser.ts'
import { until } from '../support/aws.ts'
import { openedGlass } from '../support/break-glass.ts'
import { button, useBrowser } from '../support/browser.ts'
import { deployed } from '../support/deployment.ts'

/** The deployed pages of openings. One may be made every few seconds here: test/support/policies/break-glass.json. */

inBrowser('the deployed pages of break-glass', () => {
  const openAs = useBrowser()
  const swift = deployed('swift')
  const [kofi, path] = ['person:kofi', '/v1/break-glass']

  const opened = async (changes: object): Promise<string> =>
    (await openedGlass(swift, kofi, { profile: 'checkout-recovery', incident: 'INC-2077', ...changes })).body.id

  test('the page of one opening shows each call that was made with it, ends it, and takes the review of a second person', async () => {
    const id = await opened({})
    const { putParameter } = await swift.session(kofi, id)
    await putParameter('/prod/checkout/of-an-opening')
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
    const { body } = await swift.as(kofi, 'GET', `${path}/${id}`)
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
      async () => (await swift.as(kofi, 'GET', `${path}/${id}/drill`)).body,
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

import { randomUUID } from 'node:crypto'
import { inBrowser } from '../local/support/browser.ts'
import { button, useBrowser } from './support/browser.ts'
import { deployed, remediator, setFlag } from './support/deployment.ts'

/** Standing permits by shape and stand-ins, by the deployed pages: a browser without script is enough. */

inBrowser('the deployed pages on which people give', () => {
  const hotwork = deployed()
  const { local } = hotwork
  const openAs = useBrowser()
  const run = randomUUID().slice(0, 8)
  const context = { purpose: 'remediation', parent_task: { id: 'INC-1042' } }
  const asked = (flag: string) => setFlag({ agent: remediator, flag, context })
  const statusOf = async (flag: string) => (await hotwork.submit(remediator, asked(flag))).body.task.status

  test('a permit by shape is given on its page, drawn twice, refused for a neighbour and ended by a denial', async () => {
    const id = await hotwork.submitted(remediator, asked(`shape-${run}-1`))
    await hotwork.decide('person:ben', id)
    const page = await openAs('Ben Baker', `${local.apiUrl}/decide/${id}`)
    await page.getByRole('link', { name: 'Allow more like this' }).click()
    await page.getByLabel('flag', { exact: true }).fill(`shape-${run}-*`)
    await button(page, 'Show what it would have covered').click()
    await page.getByText('It would have covered 1 request').waitFor()
    await button(page, 'Allow this').click()
    await page.getByRole('heading', { name: /standing permits? (is|are) live/ }).waitFor()

    expect([await statusOf(`shape-${run}-2`), await statusOf(`shape-${run}-3`)]).toEqual(['approved', 'approved'])
    const neighbour = await hotwork.submitted(remediator, asked(`shapes-${run}-4`))
    expect(await hotwork.view(neighbour)).toMatchObject({ status: 'pending' })
    const { body } = await hotwork
      .view(neighbour)
      .then(({ round, digest }) =>
        hotwork.as('person:ana', 'POST', `/v1/requests/${neighbour}/decisions`, { verdict: 'deny', round, digest }),
      )
    expect(body).toMatchObject({ status: 'denied' })
    expect(await statusOf(`shape-${run}-5`)).toBe('pending')
    await page.goto(`${local.apiUrl}/permits`)
    await page
      .getByText(/^Ended: a request was denied/)
      .first()
      .waitFor()
    const { body: listed } = await hotwork.as('person:ben', 'GET', '/v1/standing-permits')
    expect(listed.standing_permits.find(({ request }: { request: string }) => request === id)).toMatchObject({
      ...{ status: 'ended', ended: { request: neighbour, because: 'deny' } },
      drawn: [expect.any(String), expect.any(String)],
    })
  })

  test('a person asks on behalf of their agent on the page, and only others decide it', async () => {
    const page = await openAs('Dan Diaz', `${local.apiUrl}/ask`)
    await page.getByLabel('On behalf of').selectOption(remediator)
    await page.getByLabel('What it should do').selectOption('flags:set')
    await button(page, 'Go on').click()
    await page.getByLabel('environment', { exact: true }).selectOption('prod')
    await page.getByLabel('flag', { exact: true }).fill(`behalf-${run}`)
    await page.getByLabel('value', { exact: true }).fill('true')
    await page.getByLabel('Purpose').fill('remediation')
    await page.getByLabel('Task', { exact: true }).fill('INC-1042')
    await button(page, 'Show what policy says').click()
    await page.getByRole('heading', { name: /Policy says: tier 1/ }).waitFor()
    await button(page, 'Ask for it').click()
    await page.getByRole('heading', { name: /Set the flag/ }).waitFor()
    const id = page.url().split('/').at(-1) ?? ''
    expect(await hotwork.view(id)).toMatchObject({ status: 'pending', agent: remediator, asked_by: 'person:dan' })
    expect(await hotwork.decide('person:dan', id)).toMatchObject({ status: 403 })
    expect(await hotwork.decide('person:ben', id)).toMatchObject({ status: 200, body: { status: 'approved' } })
  })

  test('a stand-in is named and ended on their page, and the use of an agent is shown', async () => {
    const page = await openAs('Finn Fischer', `${local.apiUrl}/stand-ins`)
    const day = (ahead: number) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 16)
    await page.getByLabel('Who decides for you').selectOption('person:dan')
    // From tomorrow on, so that no other test is decided by it.
    await page.getByLabel('From', { exact: true }).fill(day(1))
    await page.getByLabel('Until', { exact: true }).fill(day(2))
    await button(page, 'Name them').click()
    await page.getByRole('heading', { name: 'Your stand-ins' }).waitFor()
    await page.getByRole('button', { name: /^End it/ }).click()
    await page.getByRole('heading', { name: 'No other person decides for you' }).waitFor()
    await page.goto(`${local.apiUrl}/agents/${remediator}/usage`)
    await page.getByRole('heading', { name: 'Less would have been enough' }).waitFor()
  })
})

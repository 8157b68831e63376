import { readFile } from 'node:fs/promises'
import type { JWK } from 'jose'
import type { Page } from 'playwright-core'
import { checkLogins } from '../../../functions/adapters/jose/login-checks.ts'
import { withTextsBeside } from '../../../functions/domain/ledger/texts.ts'
import type { OidcIssuer } from '../../../functions/domain/people/identity-issuer.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { textsBeside } from '../../../functions/operations/ledger/texts.ts'
import { answerQuestion } from '../../../functions/operations/requests/ask-back.ts'
import { drifted, previewOf } from '../../channels/slack/cards/states.ts'
import { agent, agentKey, person, prodParameter, type What } from '../../support/world.ts'
import { inBrowser } from '../support/browser.ts'
import { hitKeys } from './access.ts'
import { Browsing, dark, phone, picture } from './browsing.ts'

const people = new Browsing()
const { at } = people

/** Stops a production function: tier 3, the owner and then two of security with a strong login. */
const stopWorker: What = {
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 0 },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
}
/** Slows a function down, by a number that can be narrowed. */
const throttleWorker: What = {
  ...stopWorker,
  arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 40 },
}

inBrowser('people at the pages, in a browser', () => {
  people.install()
  const browse = () => people.browse()
  const openAs = (...given: Parameters<Browsing['openAs']>) => people.openAs(...given)
  const pathTo = ({ ask }: ApprovalRequest) => `/decide/${ask.id}`
  const now = async ({ ask }: ApprovalRequest) => at.world.state(ask.id)
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true })

  test('a person without a session logs in first, sees their pending requests, and approves one', async () => {
    const request = await at.world.submitted(prodParameter, {
      justification: 'Raise the timeout <b>now</b>, <!channel>: checkout fails \u202eevila\u202c',
    })
    await at.world.submitted(throttleWorker)
    const page = await openAs('Ana Alves', '/decide')
    await page.getByRole('heading', { name: /requests wait for you/ }).waitFor()
    await picture(page, 'list')
    await page.getByRole('link', { name: /payment-timeout-ms/ }).click()
    const text = await page.locator('main').textContent()
    expect(text).toContain(request.ask.digest)
    expect(text).toContain('Raise the timeout <b>now</b>, <!channel>: checkout fails [U+202E]evila[U+202C]')
    await picture(page, 'waiting')
    await page
      .getByLabel(/^Comment/)
      .first()
      .fill('agreed with the owner of checkout')
    await button(page, 'Approve exactly this').click()
    await page.getByText('You approved this; it is on record.').waitFor()
    const [decided] = (await now(request)).stages[0]?.decisions ?? []
    const comment = 'agreed with the owner of checkout'
    expect(decided).toMatchObject({ person: 'person:ana', verdict: 'approve', comment })
    const entry = (await at.world.ledger.entries(request.ask.id)).find(({ type }) => type === 'Decided')
    expect(entry?.facts).toMatchObject({ through: 'page', seen: expect.stringMatching(/^sha-256:/) })
    await picture(page, 'decided')
  })

  test('the preview, the change since and the timeline fit a phone, light and dark, and can be saved', async () => {
    const request = await at.world.submitted(prodParameter)
    await at.world.decide(request, 'ana')
    const stored = await at.world.requests.load(request.ask.id)
    if (!stored) throw new Error('the request is not stored')
    const state = drifted({ ...stored.state, preview: previewOf(stored.state) }, '2000', at.world.clock.now())
    at.world.requests.forge({ ...stored, state })
    const page = await openAs('Ben Baker', pathTo(request), { acceptDownloads: true })
    await page.getByRole('heading', { name: 'Changed since it was asked' }).waitFor()
    expect(await page.locator('.diff').textContent()).toMatch(/Value\s+now "2000"\s+→\s+after "3000"/)
    const shownFigures = () => page.locator('svg.tl:visible')
    expect(await shownFigures().count()).toBe(1)
    expect(await shownFigures().locator('title').first().textContent()).toContain('Waiting for owner')
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Save the picture').click()])
    expect(download.suggestedFilename()).toBe(`${request.ask.id}.svg`)
    const saved = await readFile(await download.path(), 'utf8')
    // A browser draws an image only from a whole document.
    const image = `<img alt="saved" src="data:image/svg+xml;base64,${Buffer.from(saved).toString('base64')}">`
    const other = await browse()
    await other.setContent(image)
    const width = await other.locator('img').evaluate(async (each) => {
      const drawn = each as unknown as { decode(): Promise<void>; naturalWidth: number }
      await drawn.decode()
      return drawn.naturalWidth
    })
    expect(width).toBe(752)
    await picture(page, 'changed')
    const small = await openAs('Ben Baker', pathTo(request), { ...phone, ...dark })
    expect(await small.locator('svg.tl:visible').count()).toBe(1)
    expect(await small.locator('html').boundingBox()).toMatchObject({ width: 390 })
    await picture(small, 'changed-phone-dark')
  })

  test('a stage with a stronger login sends its approver through the provider, whose token is the evidence', async () => {
    const request = await at.world.submitted(stopWorker)
    await at.world.decide(request, 'ana')
    const page = await openAs('Gus Garcia', pathTo(request))
    await picture(page, 'strong')
    await button(page, 'Log in and approve exactly this').click()
    // The page redirects by itself; the provider asks again, since its login is not strong.
    await page.getByText('This login counts as strong').waitFor()
    expect((await now(request)).stages[1]?.decisions).toEqual([])
    await page.getByRole('button', { name: 'Gus Garcia' }).click()
    await page.getByText('You approved this; it is on record.').waitFor()
    await picture(page, 'strong-decided')
    const { ledger, clock } = at.world
    const kept = await ledger.entries(request.ask.id)
    // An auditor is shown the token once it has expired.
    const entries = withTextsBeside(kept, await textsBeside(kept, clock.now() + 86_400, ledger.texts))
    const { policy } = at.world
    const { deployment, directory } = policy.bundle
    const issuer = deployment.issuers['people'] as OidcIssuer
    const { keys } = (await (await fetch(issuer.jwksUri ?? '')).json()) as { keys: JWK[] }
    const trust = { alias: 'people', issuer, clientId: 'hotwork-browser', directory, keys }
    expect(await checkLogins(entries, trust)).toEqual([
      { entry: entries.findLast(({ type }) => type === 'Decided')?.id, person: 'person:gus', key: 'known' },
    ])
    // The second of two needs their own login.
    const other = await openAs('Hana Hoshi', pathTo(request))
    await button(other, 'Log in and approve exactly this').click()
    await other.getByRole('button', { name: 'Hana Hoshi' }).click()
    await other.getByText('You approved this; it is on record.').waitFor()
    expect((await now(request)).status).toBe('approved')
  })

  test('a person who comes back from the provider as another has approved nothing', async () => {
    const request = await at.world.submitted(stopWorker)
    await at.world.decide(request, 'ana')
    const page = await openAs('Gus Garcia', pathTo(request))
    await button(page, 'Log in and approve exactly this').click()
    await page.getByRole('button', { name: 'Hana Hoshi' }).click()
    // The provider's own page for a change of account, which goes on by itself with a script.
    await button(page, 'Continue').click()
    await page.getByText(/a different person logged in, so nothing was approved/).waitFor()
    expect((await now(request)).stages[1]?.decisions).toEqual([])
  })

  test('a stale page decides nothing, says so, and shows the current request', async () => {
    const request = await at.world.submitted(throttleWorker)
    const page = await openAs('Ben Baker', pathTo(request))
    const narrower = await openAs('Chloe Chen', pathTo(request), { viewport: { width: 390, height: 844 } })
    await narrower.getByText('Approve less than this').click()
    await narrower
      .getByLabel(/^ReservedConcurrentExecutions/)
      .first()
      .fill('10')
    await narrower.getByLabel(/^Minutes/).fill('5')
    await picture(narrower, 'narrow-phone')
    // Enter sends a form, for people with a keyboard alone.
    await narrower.getByLabel(/^Minutes/).focus()
    await hitKeys(narrower, 'Enter')
    await narrower.getByText('You approved this; it is on record.').waitFor()
    expect(await now(request)).toMatchObject({
      round: 2,
      ask: { arguments: { ReservedConcurrentExecutions: 10 }, lifetime: 300 },
    })
    await button(page, 'Approve exactly this').click()
    await page
      .getByRole('alert')
      .getByText(/changed since you read it/)
      .waitFor()
    const text = await page.locator('main').textContent()
    expect(text).toContain('Asked 2 times')
    expect(text).toContain('ReservedConcurrentExecutions: 10, asked for: 40')
    await picture(page, 'stale')
  })

  test('a pending request is denied by one form, and a settled one has no buttons', async () => {
    const request = await at.world.submitted(prodParameter)
    const page = await openAs('Eve Evans', pathTo(request))
    await page.getByLabel(/^Reason/).fill('not during the freeze')
    await button(page, 'Deny').click()
    await page.getByText('You denied this; it is on record.').waitFor()
    const denied = { status: 'denied', deniedBy: 'person:eve', reason: 'not during the freeze' }
    expect(await now(request)).toMatchObject(denied)
    expect(await page.getByRole('button', { name: /Approve|Deny/ }).count()).toBe(0)
    await picture(page, 'denied')
  })

  test('a request is sent back with a value, after a question and its answer, and a phone shows it in the dark', async () => {
    const request = await at.world.submitted(throttleWorker, { justification: 'checkout floods its database' })
    const page = await openAs('Ben Baker', pathTo(request))
    await page.getByText('Ask the agent a question').click()
    await page.getByLabel(/^Question/).fill('would half of it do?')
    await button(page, 'Ask the agent').click()
    await page.getByText('would half of it do?').first().waitFor()
    const { id } = request.ask
    const asked = (await now(request)).questions?.[0]?.id ?? ''
    const once = { key: 'PROOF#1', value: id, expiresAt: at.world.clock.now() + 60 }
    const by = { agent: agent('remediator'), jkt: agentKey }
    await answerQuestion({ id, ...by, question: asked, text: 'yes, 20 for an hour', once }, at.world.ports)
    await page.getByRole('link', { name: 'Look again' }).click()
    await page.getByText('yes, 20 for an hour').first().waitFor()
    await page.getByText('Say what to change, and send it back').click()
    await page.locator('#revise-to-agent').fill('20 is plenty: ask for that')
    await page.getByText('Suggest other arguments').click()
    const field = page.getByLabel(/^ReservedConcurrentExecutions/).last()
    expect(await field.inputValue()).toBe('40')
    await field.fill('many')
    await button(page, 'Send it back').click()
    await page.getByText(/^It should be: 0 to/).waitFor()
    expect(await page.locator('#revise-to-agent').inputValue()).toBe('20 is plenty: ask for that')
    await picture(page, 'send-back-mended')
    await page
      .getByLabel(/^ReservedConcurrentExecutions/)
      .last()
      .fill('20')
    await button(page, 'Send it back').click()
    await page.getByText('You sent this back; it is on record.').waitFor()
    expect(await now(request)).toMatchObject({ status: 'denied', outcome: 'revise' })
    await picture(page, 'sent-back')
    const less = { ...throttleWorker, arguments: { ...throttleWorker.arguments, ReservedConcurrentExecutions: 20 } }
    const revision = await at.world.submitted(less, { revises: id })
    const small = await openAs('Chloe Chen', pathTo(revision), { ...phone, ...dark })
    await small.getByText('It asks for exactly what was suggested there.').waitFor()
    expect(await small.locator('html').boundingBox()).toMatchObject({ width: 390 })
    await picture(small, 'revision-phone-dark')
    expect((await page.goto(`${at.url}${pathTo(revision)}`))?.status()).toBe(200)
    await picture(page, 'revision')
  })

  test('a Slack account is linked by the person who logs in from its link, and unlinked by them', async () => {
    at.doors.users.set('U0NEW', { team: 'T0HOTWORK', kind: 'member', name: 'new.comer' })
    const page = await browse()
    await page.goto(await at.doors.offer('U0NEW'))
    await page.getByRole('button', { name: 'Mia Moreau' }).click()
    await page.getByRole('heading', { name: 'Is this Slack account yours?' }).waitFor()
    expect(page.url()).toBe(`${at.url}/link`)
    await picture(page, 'link')
    await button(page, 'Yes, new.comer in Slack is me').click()
    await page.getByText(/^Linked:/).waitFor()
    expect(await at.doors.links.find('T0HOTWORK', 'U0NEW')).toBe('person:mia')
    await picture(page, 'linked')
    await button(page, 'Unlink it').click()
    await page.getByText(/^Unlinked:/).waitFor()
    expect(await at.doors.links.find('T0HOTWORK', 'U0NEW')).toBeUndefined()
    const entries = await at.world.ledger.entries(person('mia'))
    expect(entries.map(({ type }) => type)).toEqual(['Linked', 'Unlinked'])
  })

  test('a page is reached by keyboard in reading order, and is readable in the dark and on a phone', async () => {
    const request = await at.world.submitted(prodParameter)
    const page = await openAs('Ana Alves', pathTo(request), { ...phone, ...dark })
    await picture(page, 'phone-dark')
    const list = await openAs('Ana Alves', '/decide', dark)
    await picture(list, 'list-dark')
    // Nothing is wider than the phone.
    expect(await page.locator('html').boundingBox()).toMatchObject({ width: 390 })
    expect(await people.stops(page)).toEqual([
      'Skip to the content',
      ...(await page.locator('nav a').allTextContents()),
      'Log out',
      'Why less is not enough, and what would have to differ',
      'approve-comment',
      'approve-to-agent',
      'Approve exactly this',
      'Approve less than this',
      'deny-comment',
      'deny-to-agent',
      'Deny',
      'Say what to change, and send it back',
      'Ask the agent a question',
      'Ask a colleague to look',
      'aside',
      'Set aside',
      'The same as a list, with each entry and its hash',
      'Save the picture',
      'Look again',
    ])
    await list.getByRole('button', { name: 'Log out' }).click()
    await list.getByRole('heading', { name: 'You are logged out' }).waitFor()
    await picture(list, 'logged-out-dark')
  })
})

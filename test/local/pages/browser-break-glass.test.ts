import type { Page } from 'playwright-core'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { hour, minute } from '../../operations/break-glass/night.ts'
import { person } from '../../support/world.ts'
import { inBrowser } from '../support/browser.ts'
import { Browsing, dark, phone, picture } from './browsing.ts'

const people = new Browsing()
const { at } = people
const profile = { what: { profile: 'checkout-recovery' } }
const reason = 'Checkout refuses every payment since 02:10; putting the old timeout back, and the worker to sleep.'

inBrowser('people at the pages of break-glass, in a browser', () => {
  people.install()
  const pathTo = ({ ask }: ApprovalRequest) => `/break-glass/${ask.id}`
  const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
  const textOf = async (page: Page) => (await page.locator('main').textContent())?.replace(/\s+/g, ' ') ?? ''

  /** Runs a past act, and sets the world's clock back to now. */
  async function ago<T>(seconds: number, what: () => Promise<T>): Promise<T> {
    const now = at.world.clock.now()
    at.world.clock.advance(-seconds)
    const came = await what()
    at.world.clock.advance(now - at.world.clock.now())
    return came
  }

  /** An opening with AWS credentials, and calls with them. */
  async function used(): Promise<ApprovalRequest> {
    const { world } = at
    const request = await world.opened('jade', { ...profile, reason })
    world.clock.advance(minute)
    await world.issueToken(request)
    const live = await world.state(request.ask.id)
    const token = 'grant' in live ? live.grant?.credentials.access_token : undefined
    if (!token) throw new Error('no token')
    await world.issueAws(live, token.id)
    const calls = [
      ['ssm', 'PutParameter', '/prod/checkout/payment-timeout-ms', 70],
      ['lambda', 'PutFunctionConcurrency20171031', 'checkout-worker', 95],
      ['ssm', 'DeleteParameter', '/prod/checkout/payment-timeout-ms', 130],
    ] as const
    for (const [service, name, resource, after] of calls)
      at.world.callRecord.put(request.ask.id, {
        ...{ id: `${name}`, at: request.submittedAt + after, service, name, account: '000000000000' },
        ...{ region: 'us-east-1', resources: [resource] },
        ...(name === 'DeleteParameter' ? { error: 'AccessDenied' } : {}),
      })
    return request
  }

  /** A drill from its opening to its review. */
  async function drilled(changes: { who?: string; told?: (who: string) => boolean } = {}): Promise<ApprovalRequest> {
    const { world, doors } = at
    const arrivedAt = world.clock.now() * 1000 - 420
    const request = await world.opened(changes.who ?? 'kofi', {
      ...profile,
      drill: true,
      arrivedAt,
      reason: `the drill that ${changes.who ?? 'kofi'} goes through to its review`,
    })
    const id = request.ask.id
    const told = ['opened', 'ending']
    const card = { request: id, chat: 'slack', ts: '1', rendered: 'x', told, at: request.submittedAt + 2 }
    for (const channel of ['C0APPROVALS', 'page-hook']) await doors.cards.save({ ...card, channel })
    for (const { id: who, chatUser: slack } of world.policy.bundle.directory.people)
      if (slack !== undefined && (changes.told?.(who) ?? true))
        await doors.cards.save({ ...card, channel: `D${slack}`, person: who })
    world.clock.advance(33 * minute)
    await world.review(request, 'gus')
    return request
  }

  test('a person on call sees on one page the open profiles, their ends and the minutes left', async () => {
    await ago(50 * hour, drilled)
    await ago(5 * hour, async () => {
      const early = await at.world.opened('jade')
      at.world.clock.advance(12 * minute)
      await at.world.end(early)
    })
    await ago(12 * minute, used)
    const page = await people.openAs('Jade Jones', '/break-glass')
    await page.getByRole('heading', { name: 'In force now: 1 opening' }).waitFor()
    const text = await textOf(page)
    for (const said of [
      /BREAK-GLASS OPEN: no one approved this PROD/,
      /Reviews to be done/,
      /You 198 of 240 minutes left/,
      /DRILL: BREAK-GLASS: reviewed, justified/,
    ])
      expect(text).toMatch(said)
    await picture(page, 'break-glass-list')
    const onPhone = await people.openAs('Lena Lund', '/break-glass', { ...phone, ...dark })
    await picture(onPhone, 'break-glass-list-phone-dark')
    expect(await page.getByRole('meter').count()).toBe(2)
  })

  test('the opener ends an opening with one click; its reviewer sees every call, and records a finding', async () => {
    const request = await ago(20 * minute, used)
    const mine = await people.openAs('Jade Jones', pathTo(request))
    await button(mine, 'End it now').click()
    await mine.getByText(/Ended early by Jade Jones/).waitFor()
    expect(await mine.getByText(/may not review it/).count()).toBe(1)

    const page = await people.openAs('Gus Garcia', pathTo(request))
    const text = await textOf(page)
    for (const said of [reason, 'INC-2041', 'ssm:PutParameter', 'lambda:PutFunctionConcurrency', 'AccessDenied'])
      expect(text).toContain(said)
    await picture(page, 'break-glass')
    await page.getByRole('radio', { name: /^Justified/ }).check()
    await button(page, 'Record the review').click()
    await page
      .getByRole('alert')
      .getByText(/the review is incomplete/)
      .waitFor()
    expect(await page.getByRole('radio', { name: /^Justified/ }).isChecked()).toBe(true)
    await picture(page, 'break-glass-review-lacks')
    // The incomplete field has the focus already.
    await page.keyboard.type('The timeout was the cause. All three calls fit it; ana follows up on the deploy.')
    await button(page, 'Record the review').click()
    await page.getByText('You reviewed this; it is on record.').waitFor()
    expect((await at.world.state(request.ask.id)).review?.done).toMatchObject({
      ...{ by: person('gus'), outcome: 'justified' },
      note: 'The timeout was the cause. All three calls fit it; ana follows up on the deploy.',
    })
    await picture(page, 'break-glass-reviewed')
  })

  test('a drill’s report shows each step’s time and promise, as a line and as a table', async () => {
    const request = await ago(3 * hour, drilled)
    const path = `${pathTo(request)}/drill`
    const page = await people.openAs('Eve Evans', path)
    await page.getByRole('heading', { name: 'Drill: every promise kept' }).waitFor()
    expect((await page.getByRole('row').allInnerTexts()).map((row) => row.replace(/\s+/g, ' '))).toEqual([
      'Step Took At most Result',
      'Opened 0.42 s 5 s kept',
      'People told 2 s 1 min kept',
      'Told that 5 min are left – at 25 min kept',
      'Ended 30 min 30 min kept',
      'Reviewed 33 min 1 d kept',
    ])
    await picture(page, 'drill')
    const onPhone = await people.openAs('Eve Evans', path, { ...phone, ...dark })
    expect(await onPhone.locator('html').boundingBox()).toMatchObject({ width: 390 })
    await picture(onPhone, 'drill-phone-dark')
    const missed = await ago(26 * hour, () => drilled({ who: 'jade', told: (who) => who !== 'person:ana' }))
    const other = await people.openAs('Eve Evans', `${pathTo(missed)}/drill`)
    await other.getByRole('heading', { name: 'Drill: 1 of 5 promises not kept' }).waitFor()
    await picture(other, 'drill-missed')
  })

  test('the page of an opening is reached by keyboard in reading order, and fits a phone', async () => {
    const request = await ago(hour, async () => {
      const opened = await used()
      await at.world.end(opened)
      return opened
    })
    const page = await people.openAs('Gus Garcia', pathTo(request), { ...phone, ...dark })
    expect(await page.locator('html').boundingBox()).toMatchObject({ width: 390 })
    await picture(page, 'break-glass-phone-dark')
    const stops = await people.stops(page)
    expect(stops.slice(stops.indexOf('Log out') + 1)).toEqual([
      ...['justified', 'note', 'Record the review', 'Look again', 'All openings'],
    ])
  })
})

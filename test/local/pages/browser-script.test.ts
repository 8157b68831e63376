import type { BrowserContextOptions, Page } from 'playwright-core'
import { prodParameter, type What } from '../../support/world.ts'
import { inBrowser } from '../support/browser.ts'
import { hitKeys, tooWideOn, violationsOn } from './access.ts'
import { Browsing, dark, phone, picture } from './browsing.ts'

/** The script of the pages: times in the reader's zone, keys, and a list that updates by itself. */

const people = new Browsing()
const { at } = people
const throttleWorker: What = {
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 40 },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
}
const scripted: BrowserContextOptions = { javaScriptEnabled: true }

inBrowser('the script of the pages', () => {
  people.install()
  const openAs = (name: string, path: string, options: BrowserContextOptions = {}) =>
    people.openAs(name, path, { ...scripted, ...options })
  /** The browser tells a page so when its tab is shown. */
  const look = (page: Page) => page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
  const focused = (page: Page) => page.locator(':focus')
  const rowOf = (id: string) => `.rows a[href="/decide/${id}"]`

  test('times are in the zone of the browser, with UTC in the title, and in UTC without a script', async () => {
    const { ask, submittedAt } = await at.world.submitted(prodParameter)
    const told = async (timezoneId: string, options: BrowserContextOptions = {}) => {
      const page = await openAs('Ana Alves', `/decide/${ask.id}`, { timezoneId, ...options })
      const asked = page.locator(`#who ~ dl time`).first()
      const listed = page.locator('.items time').first()
      return [
        ...[await asked.textContent(), await asked.getAttribute('title'), await asked.getAttribute('datetime')],
        ...[await listed.textContent(), await listed.getAttribute('title')],
      ]
    }
    const form = (timeZone: string, more: Intl.DateTimeFormatOptions) =>
      new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', ...more }).format(
        submittedAt * 1000,
      )
    const day = { day: 'numeric', month: 'short', year: 'numeric' } as const
    const [utc, utcClock] = [`${form('UTC', day)} UTC`, `${form('UTC', { second: '2-digit' })} UTC`]
    const iso = new Date(submittedAt * 1000).toISOString().replace('.000Z', 'Z')
    const [zone, timeZoneName] = ['Asia/Kolkata', 'short'] as const
    const { year: _, ...ofYear } = day
    expect(await told(zone)).toEqual([
      ...[form(zone, { ...day, timeZoneName }), utc, iso],
      ...[form(zone, { ...ofYear, second: '2-digit', timeZoneName }), utcClock],
    ])
    expect(form(zone, { ...day, timeZoneName })).toMatch(/ GMT\+5:30$/)
    expect(await told(zone, { javaScriptEnabled: false })).toEqual([utc, null, iso, utcClock, null])
  })

  test('a new request appears without a reload, with its count in the title, and the focus stays where it was', async () => {
    const first = await at.world.submitted(prodParameter)
    const page = await openAs('Ana Alves', '/decide')
    expect(await page.title()).toBe('(1) Waiting for you · Hotwork')
    await page.locator(rowOf(first.ask.id)).focus()
    await page.evaluate('window.isFirstLoad = true')
    const second = await at.world.submitted(throttleWorker)
    await page.locator(rowOf(second.ask.id)).waitFor()
    expect(await page.title()).toBe('(2) Waiting for you · Hotwork')
    expect(await page.getByRole('status').textContent()).toMatch(/^New: Reserve “40” concurrent executions/)
    expect(await focused(page).getAttribute('href')).toBe(`/decide/${first.ask.id}`)
    await picture(page, 'list-live')
    await at.world.decide(first, 'ana', 'deny')
    await at.world.decide(second, 'ben', 'deny')
    await look(page)
    await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor()
    expect(await page.title()).toBe('Waiting for you · Hotwork')
    expect(await focused(page).textContent()).toBe('Nothing waits for you')
    expect(await page.evaluate('window.isFirstLoad')).toBe(true)
  })

  test('a request tells once that its page came into view, if the reader may decide it', async () => {
    const request = await at.world.submitted(prodParameter)
    const row = () => at.world.requests.recall(`LOOK#${request.ask.id}#1#owner`)
    await openAs('Dan Diaz', `/decide/${request.ask.id}`)
    await openAs('Ana Alves', `/decide/${request.ask.id}`, { javaScriptEnabled: false })
    expect(await row()).toBeUndefined()
    const page = await openAs('Ana Alves', '/decide')
    const told = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.goto(new URL(`/decide/${request.ask.id}`, page.url()).href)
    expect((await told).status()).toBe(204)
    expect(await row()).toBe(String(at.world.clock.now()))
  })

  test('a list that has not changed is not sent again', async () => {
    await at.world.submitted(prodParameter)
    const page = await openAs('Ana Alves', '/decide')
    const answered = page.waitForResponse((response) => response.url().endsWith('/decide'))
    await look(page)
    const answer = await answered
    expect([answer.status(), await answer.headerValue('etag')]).toEqual([
      304,
      await page.locator('#live').getAttribute('data-mark'),
    ])
  })

  test('a list says when the login has ended, and asks no more', async () => {
    const page = await openAs('Ana Alves', '/decide')
    const other = await page.context().newPage()
    await other.goto(`${at.url}/decide`)
    await other.getByRole('button', { name: 'Log out' }).click()
    await other.getByRole('heading', { name: 'You are logged out' }).waitFor()
    await look(page)
    await page.getByText('You are logged out, so this list is no longer updated.').waitFor()
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    for (const _ of [1, 2]) await look(page)
    expect(asked).toEqual([])
    expect(await page.getByRole('link', { name: 'Log in again' }).getAttribute('href')).toBe('/decide')
    expect(await page.title()).toBe('Log in again · Hotwork')
  })

  test('a list says since when Hotwork has not answered, and goes on when it does', async () => {
    const page = await openAs('Ana Alves', '/decide')
    await page.route('**/decide', (route) => route.fulfill({ status: 429 }))
    await look(page)
    await page.getByText(/^Not updated since .*: Hotwork does not answer\.$/).waitFor()
    await page.unroute('**/decide')
    await at.world.submitted(prodParameter)
    await look(page)
    await page.getByText('This list updates by itself.').waitFor()
    expect(await page.locator('.rows tbody tr').count()).toBe(1)
  })

  test('j and k go through a list, a and d lead to the fields of a decision, and no key decides', async () => {
    const older = await at.world.submitted(prodParameter)
    const newer = await at.world.submitted(throttleWorker)
    const page = await openAs('Ana Alves', '/decide')
    for (const [key, to] of [
      ['k', newer],
      ['j', older],
      ['j', older],
      ['k', newer],
      ['k', newer],
      ['j', older],
    ] as const) {
      await hitKeys(page, key)
      expect([key, await focused(page).getAttribute('href')]).toEqual([key, `/decide/${to.ask.id}`])
    }
    await hitKeys(page, 'a')
    await page.waitForURL(/#approve-comment$/)
    await page.locator('#approve-comment:focus').waitFor()
    // A letter in a field is a letter.
    await page.keyboard.type('jad?')
    expect(await page.locator('#approve-comment').inputValue()).toBe('jad?')
    await page.locator('summary').first().focus()
    await hitKeys(page, 'd')
    expect(await focused(page).getAttribute('id')).toBe('deny-comment')
    expect(await page.locator('#deny-comment').inputValue()).toBe('')
    expect((await at.world.state(older.ask.id)).stages.flatMap(({ decisions }) => decisions)).toEqual([])
  })

  test('a key with a modifier is left to the browser', async () => {
    await at.world.submitted(prodParameter)
    const page = await openAs('Ana Alves', '/decide')
    for (const modifier of ['Control', 'Alt', 'Meta']) {
      await hitKeys(page, modifier, 'j')
      expect(await focused(page).count()).toBe(0)
    }
  })

  test('the help names each key, and turns the keys off in this browser', async () => {
    await at.world.submitted(prodParameter)
    const page = await openAs('Ana Alves', '/decide')
    await hitKeys(page, '?')
    const help = page.getByRole('dialog', { name: 'Keys' })
    await help.waitFor()
    await picture(page, 'keys')
    expect(await help.locator('kbd').allTextContents()).toEqual(['j', 'k', 'Enter', 'a', 'd', '?'])
    await help.getByLabel('Use these keys in this browser').uncheck()
    await help.getByRole('button', { name: 'Close' }).click()
    for (const key of ['j', '?']) await hitKeys(page, key)
    expect([await help.isVisible(), await page.locator('.rows :focus').count()]).toEqual([false, 0])
    await page.reload()
    await hitKeys(page, 'j')
    expect(await page.locator('.rows :focus').count()).toBe(0)
    await page.getByRole('button', { name: 'Keys' }).click()
    expect(await help.getByLabel('Use these keys in this browser').isChecked()).toBe(false)
    await help.getByLabel('Use these keys in this browser').check()
    await hitKeys(page, 'Escape')
    await page.locator('h1').focus()
    await hitKeys(page, 'j')
    expect(await page.locator('.rows :focus').count()).toBe(1)
  })

  test('a row in a closed fold is passed over, and a fold stays as it was when the list changes', async () => {
    const [open, aside] = [await at.world.submitted(prodParameter), await at.world.submitted(throttleWorker)]
    const page = await openAs('Ana Alves', `/decide/${aside.ask.id}`)
    await page.getByRole('button', { name: 'Set aside' }).click()
    await page.getByText('1 set aside by you').waitFor()
    for (const _ of [1, 2]) await hitKeys(page, 'j')
    expect(await focused(page).getAttribute('href')).toBe(`/decide/${open.ask.id}`)
    await page.getByText('1 set aside by you').click()
    await at.world.submitted({ ...prodParameter, arguments: { ...prodParameter.arguments, Value: '4000' } })
    await look(page)
    await page.locator('.rows >> nth=0').locator('tbody tr >> nth=1').waitFor()
    expect(await page.locator(rowOf(aside.ask.id)).isVisible()).toBe(true)
    expect(await focused(page).textContent()).toBe('1 set aside by you')
  })

  test('the web manifest is valid for a browser, and each icon that it or a page names can be drawn', async () => {
    const page = await openAs('Ana Alves', '/decide')
    const browser = await page.context().newCDPSession(page)
    const { url, errors, data } = await browser.send('Page.getAppManifest')
    expect([url, errors]).toEqual([`${at.url}/manifest.webmanifest`, []])
    const { icons, start_url } = JSON.parse(data ?? '') as {
      icons: { src: string; sizes: string }[]
      start_url: string
    }
    expect(start_url).toBe('/decide')
    const links = await page.locator('link[rel$=icon]').all()
    const drawn = [
      ...icons.map(({ src }) => src),
      ...(await Promise.all(links.map((each) => each.getAttribute('href')))),
    ]
    for (const src of new Set(drawn)) {
      const width = await page.evaluate<number>(
        `new Promise((told, failed) => { const image = new Image(); image.onload = () => told(image.naturalWidth); image.onerror = failed; image.src = ${JSON.stringify(src)} })`,
      )
      const [, named] = /-(\d+)\.png$/.exec(src ?? '') ?? []
      expect([src, named === undefined || width === Number(named)]).toEqual([src, true])
    }
  })

  test.each([
    ['a desktop', {}],
    ['a phone of 320 pixels', { ...phone, viewport: { width: 320, height: 640 } }],
  ])('on %s, axe finds nothing on a live list and its help, in light and dark', async (_what, options) => {
    await at.world.submitted(prodParameter)
    const page = await openAs('Ana Alves', '/decide', { ...options, bypassCSP: true })
    await at.world.submitted(throttleWorker)
    await look(page)
    await page.locator('.rows tbody tr >> nth=1').waitFor()
    for (const light of [{ colorScheme: 'light' as const }, dark]) {
      await page.emulateMedia(light)
      expect([await violationsOn(page), await tooWideOn(page)]).toEqual([[], []])
    }
    await page.getByRole('button', { name: 'Keys' }).click()
    for (const light of [{ colorScheme: 'light' as const }, dark]) {
      await page.emulateMedia(light)
      expect([await violationsOn(page), await tooWideOn(page)]).toEqual([[], []])
    }
  })
})

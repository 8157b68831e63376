import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { smallPng } from '../support/small-png.ts'
import { hitKeys } from './access.ts'
import { PagesFixture } from './fixture.ts'

/** `npm run pictures` writes docs/pictures; a test run only draws, and changes no file. */
const folder = process.env['HOTWORK_PICTURES']

export async function picture(page: Page, name: string): Promise<void> {
  if (folder === undefined) return
  mkdirSync(folder, { recursive: true })
  const png = await page.screenshot({ fullPage: true, animations: 'disabled', caret: 'hide' })
  writeFileSync(join(folder, `page-${name}.png`), smallPng(png))
}

export const phone = { viewport: { width: 390, height: 844 }, isMobile: true }
export const dark = { colorScheme: 'dark' as const }

/** People at the pages: a fixture for each test, one browser for all. A script or style that the pages' policy blocks fails the test. */
export class Browsing {
  readonly at = new PagesFixture()
  readonly #errors: string[] = []
  #browser!: Browser

  /** Call it where tests are described. */
  install(): void {
    jest.setTimeout(90_000)
    beforeAll(async () => {
      this.#browser = await launchBrowser()
    })
    afterAll(() => this.#browser.close())
    beforeEach(async () => {
      this.#errors.length = 0
      await this.at.open()
    })
    afterEach(async () => {
      await Promise.all(this.#browser.contexts().map((context) => context.close()))
      await this.at.close()
      expect(this.#errors).toEqual([])
    })
  }

  /** A browser without script: the pages need none. */
  async browse(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: 900, height: 900 },
      ...options,
    })
    const page = await context.newPage()
    page.setDefaultTimeout(80_000)
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of (4\d\d)/.test(message.text())) this.#errors.push(message.text())
    })
    return page
  }

  /** Opens a path, and logs in on the way as the person with this name. */
  async openAs(name: string, path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await this.browse(options)
    await page.goto(`${this.at.url}${path}`)
    await page.getByRole('button', { name }).click()
    await page.waitForURL(`${this.at.url}${path}`)
    return page
  }

  /** The elements that Tab reaches, in their order. */
  async stops(page: Page): Promise<readonly string[]> {
    const found: string[] = []
    const focused = page.locator(':focus')
    for (let step = 0; step < 30; step++) {
      await hitKeys(page, 'Tab')
      if ((await focused.count()) === 0) break
      found.push((await focused.getAttribute('id')) ?? (await focused.textContent())?.trim() ?? '')
    }
    return found
  }
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { DeskWorld } from '../../channels/slack/edge/desk-world.ts'
import { sampleBundle, World } from '../../support/world.ts'
import { launchBrowser } from './browser.ts'
import { smallPng } from './small-png.ts'

/** `npm run pictures` writes docs/pictures; a test run only draws, and changes no file. */
const folder = process.env['HOTWORK_PICTURES']
/** Small enough for a page, and for a repository. */
const largestPicture = 88 * 1024

/** A desk and a browser for the pictures of a file. */
export class DeskPictures {
  readonly at = new DeskWorld(new World(sampleBundle()))
  readonly #height: number
  #browser!: Browser

  constructor(height: number) {
    this.#height = height
  }

  /** Call it where tests are described. */
  install(): void {
    jest.setTimeout(240_000)
    beforeAll(async () => {
      if (folder !== undefined) mkdirSync(folder, { recursive: true })
      await this.at.open()
      this.#browser = await launchBrowser('--disable-lcd-text')
    })
    afterAll(async () => {
      await this.#browser.close()
      await this.at.close()
    })
    afterEach(() => Promise.all(this.#browser.contexts().map((context) => context.close())))
  }

  async openAs(user: string, { where = '', dark = false, desk = this.at } = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width: 980, height: this.#height },
      colorScheme: dark ? 'dark' : 'light',
      timezoneId: 'UTC',
    })
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(`${desk.desk.deskUrl}?as=${user}${where && `&in=${where}`}`)
    return page
  }
}

export async function picture(name: string, of: Locator): Promise<void> {
  await of.waitFor()
  if (folder === undefined) return
  const png = smallPng(await of.screenshot({ animations: 'disabled', caret: 'hide' }))
  expect(png.length).toBeLessThan(largestPicture)
  writeFileSync(join(folder, `${name}.png`), png)
}

export const dialog = (page: Page): Locator => page.locator('dialog.modal')

import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { launchBrowser } from '../../local/support/browser.ts'

/** One browser for the tests of a file. @returns a function that opens an address and logs in as the person of this name */
export function useBrowser(): (name: string, address: string, options?: BrowserContextOptions) => Promise<Page> {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser.close())
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())))

  return async (name, address, options = {}) => {
    const page = await (await browser.newContext({ javaScriptEnabled: false, ...options })).newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(address)
    await page.getByRole('button', { name }).click()
    await page.getByRole('button', { name: 'Log out' }).waitFor()
    return page
  }
}

export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** Hits keys together, such as `Control` and `a`. */
export async function hitKeys(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.down(key)
  for (const key of keys.toReversed()) await page.keyboard.up(key)
}

/** axe's violations on a page, each with rule and element. The page's context bypasses its policy, which forbids scripts. */
export async function violationsOn(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.addScriptTag({ path: axe })
  return page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 160) + ' ' + failureSummary)))",
  )
}

/** The elements that make a page wider than its window. */
export const tooWideOn = (page: Page): Promise<readonly string[]> =>
  page.evaluate(
    "(() => { const { scrollWidth, clientWidth } = document.documentElement; return scrollWidth <= clientWidth ? [] : [...document.querySelectorAll('main *, header *')].filter((each) => each.getBoundingClientRect().right > clientWidth).map((each) => each.outerHTML.slice(0, 100)) })()",
  )

/** The elements that Tab reaches without an outline. */
export async function unseenStops(page: Page): Promise<readonly string[]> {
  const unseen: string[] = []
  for (let step = 0; step < 80; step++) {
    await hitKeys(page, 'Tab')
    const [what, outline]: [string, string] = await page.evaluate(
      "(() => { const at = document.activeElement; return at === document.body ? ['', ''] : [at.outerHTML.slice(0, 120), getComputedStyle(at).outlineStyle] })()",
    )
    if (what === '') break
    if (outline === 'none') unseen.push(what)
  }
  return unseen
}

/** Goes on by Tab alone to the element with this id or text. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const focused = page.locator(':focus')
  for (let step = 0; step < 80; step++) {
    await hitKeys(page, 'Tab')
    if ((await focused.count()) === 0) continue
    const [id, text] = [await focused.getAttribute('id'), (await focused.textContent())?.trim() ?? '']
    if (typeof name === 'string' ? id === name || text === name : name.test(text)) return
  }
  throw new Error(`no Tab leads to ${name}`)
}

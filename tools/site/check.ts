import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { hitKeys, tabTo, tooWideOn, unseenStops, violationsOn } from '../../test/local/pages/access.ts'
import { launchBrowser } from '../../test/local/support/browser.ts'
import { addressOf, repository, sections } from './navigation.ts'

/**
 * `npm run docs:check`: the built site in a real browser. Its first page, the first page of each reader and of each thing to look
 * up: no violation of axe in the light, in the dark and on a phone, and none wider than its window. By keys alone a reader
 * reaches the search and the navigation. Each search below finds the page that its reader wants first. `-- --built` takes the site that is there,
 * and `-- --pictures FOLDER` keeps pictures.
 */

const built = join(repository, '.hotwork/site/out')
const words = process.argv.slice(2)
const pictures = words.includes('--pictures') ? words[words.indexOf('--pictures') + 1] : undefined

/** The page that a reader wants first who searches for a word. */
const wanted: { readonly [words: string]: RegExp } = {
  extend: /^\/(?:agents\/client|agents\/http|command-line|agents\/)/,
  halt: /^\/runbooks\/halt/,
  drift: /^\/(?:policies|approvers)/,
  ...(existsSync(join(repository, 'docs/targets/kubernetes.md')) && { Kubernetes: /^\/targets\/kubernetes/ }),
}

const types: { readonly [extension: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

if (!words.includes('--built')) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'run.ts'), 'build'], { stdio: 'inherit' })
  assert.equal(status, 0, 'the site was not built')
}
if (pictures) mkdirSync(pictures, { recursive: true })

const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname)
  const file = join(built, normalize(path.endsWith('/') ? `${path}index.html` : path))
  if (!existsSync(file)) return response.writeHead(404).end()
  return response
    .writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
    .end(readFileSync(file))
}).listen(0, '127.0.0.1')
await new Promise((done) => server.once('listening', done))
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const browser = await launchBrowser()

const looks: readonly (readonly [name: string, BrowserContextOptions])[] = [
  ['light', { viewport: { width: 1280, height: 900 } }],
  ['dark', { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }],
]
const first = sections().flatMap(({ pages: [page] }) =>
  page ? [`${addressOf(page.file)}`.replace(/([^/])$/, '$1.html')] : [],
)
const failures: string[] = []
let passed = 0

/** Counts an expectation. A failure is told at its end, so that one run shows all. */
function expect(rule: string, found: readonly unknown[]): void {
  if (found.length === 0) passed += 1
  else failures.push(`${rule}\n${found.map((each) => `    ${String(each)}`).join('\n')}`)
}

async function open(address: string, options: BrowserContextOptions): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage()
  page.setDefaultTimeout(15_000)
  await page.goto(`${origin}${address}`, { waitUntil: 'networkidle' })
  return page
}

async function keepPicture(page: Page, name: string): Promise<void> {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) })
}

/** The addresses that a search finds, best first. */
async function find(page: Page, text: string): Promise<string[]> {
  await hitKeys(page, 'Control', 'k')
  await page.locator('#localsearch-input').fill(text)
  await page.locator('.VPLocalSearchBox .result').first().waitFor()
  // The list is drawn again while the index loads.
  await page.waitForTimeout(700)
  const found = await page
    .locator('.VPLocalSearchBox .result')
    .evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? ''))
  await keepPicture(page, `search-${text}`)
  await hitKeys(page, 'Escape')
  return found
}

for (const [name, options] of looks)
  for (const address of ['/', ...first]) {
    const page = await open(address, options)
    expect(`axe finds nothing on ${address} (${name})`, await violationsOn(page))
    expect(`${address} is no wider than its window (${name})`, await tooWideOn(page))
    await keepPicture(page, `${name}${address.replaceAll('/', '-')}`)
    await page.context().close()
  }

{
  const page = await open('/', looks[0]?.[1] ?? {})
  expect('each stop of the Tab key is seen', await unseenStops(page))
  await page.goto(`${origin}/`, { waitUntil: 'networkidle' })
  await tabTo(page, /Search/)
  await hitKeys(page, 'Enter')
  await page.locator('#localsearch-input').waitFor()
  await page.keyboard.type('halt')
  await page.locator('.VPLocalSearchBox .result').first().waitFor()
  await hitKeys(page, 'Enter')
  await page.waitForURL(/halt/)
  passed += 1
  for (const {
    title,
    pages: [own],
  } of sections()) {
    await page.goto(`${origin}/`, { waitUntil: 'networkidle' })
    // One click opens the menu or the section, the second one the page; the first page has a link as well.
    await page.locator(`.VPSidebarItem.level-0 > .item`, { hasText: title }).first().click()
    await page
      .locator(
        `.VPSidebarItem a[href$="${addressOf(own?.file ?? '')}"], .VPSidebarItem a[href$="${addressOf(own?.file ?? '')}.html"]`,
      )
      .first()
      .click()
    await page.waitForURL(new RegExp(`${addressOf(own?.file ?? '')}(?:\\.html)?$`))
    passed += 1
  }
  for (const [text, want] of Object.entries(wanted)) {
    const found = await find(page, text)
    console.log(text, found.slice(0, 6))
    expect(`the search for ${text} finds ${want} first`, want.test(found[0] ?? '') ? [] : found.slice(0, 8))
  }
}

await browser.close()
server.close()
for (const failure of failures) console.log(`✗ ${failure}`)
console.log(`\n${passed} passed, ${failures.length} failed`)
process.exitCode = failures.length === 0 ? 0 : 1

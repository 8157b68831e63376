import { PageDoors } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { MemoryLoginProvider } from '../support/people/memory-login-provider.ts'
import { issuer, World } from '../support/world.ts'

/** The web manifest and its icons, which anyone may read. A browser reads them in test/local/pages/browser-script.test.ts. */

let doors: PageDoors
beforeEach(() => {
  const provider = new MemoryLoginProvider()
  doors = new PageDoors(new World(), issuer, { provider, tokens: provider })
})
const get = (url: string) => doors.ask({ method: 'GET', url })

test('the manifest opens what waits as a window of its own, and needs no login', async () => {
  const { status, headers, body } = await get('/manifest.webmanifest')
  expect([status, headers['content-type'], headers['cache-control']]).toEqual([
    200,
    'application/manifest+json',
    'public, max-age=86400',
  ])
  expect(JSON.parse(body)).toMatchObject({ name: 'Hotwork', start_url: '/decide', scope: '/', display: 'standalone' })
})

test('each icon of the manifest has its type, and a PNG the size that it says', async () => {
  const { icons } = JSON.parse((await get('/manifest.webmanifest')).body) as {
    icons: { src: string; sizes: string; type: string; purpose: string }[]
  }
  expect(icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`)).toEqual(
    ['any', 'maskable'].flatMap((purpose) => ['any', '192x192', '512x512'].map((sizes) => `${sizes} ${purpose}`)),
  )
  for (const { src, sizes, type } of icons) {
    const { status, headers, body } = await get(src)
    expect([status, headers['content-type'], headers['content-security-policy']]).toEqual([
      200,
      type,
      "default-src 'none'",
    ])
    const bytes = Buffer.from(body, 'base64')
    if (type === 'image/svg+xml') expect(bytes.toString()).toMatch(/^<svg xmlns="[^"]+" viewBox="0 0 512 512">/)
    // https://www.w3.org/TR/png-3/#11IHDR
    else expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(sizes)
  }
})

test.each(['/icons/none.png', '/icons/..%2Fopenapi.json', '/icons/constructor', '/icons/'])(
  'an icon that the manifest does not name is unknown: %s',
  async (path) => expect((await get(path)).status).toBe(404),
)

test('a page links to the manifest and to icons that exist', async () => {
  const tab = Tab.of(new World())
  await tab.logIn('person-ana')
  const { body } = await tab.go('GET', '/decide')
  const links = [...body.matchAll(/<link rel="[a-z-]+" href="([^"]+)"/g)].map(([, href = '']) => href)
  expect(links).toEqual(['/manifest.webmanifest', '/icons/icon.svg', '/icons/icon-180.png'])
  for (const href of links) expect((await get(href)).status).toBe(200)
})

import { StoreUnavailable } from '../../functions/operations/faults.ts'
import type { Shown } from '../support/pages/page-doors.ts'
import { Tab } from '../support/pages/page-tab.ts'
import { World } from '../support/world.ts'

/** Each page during an outage of its table. */

const id = '0'.repeat(26)
const looked = [
  '/decide',
  `/decide/req_${id}`,
  '/requests',
  '/halts',
  `/halts/hlt_${id}`,
  '/agents',
  '/agents/agent:librarian',
  '/agents/map',
  '/agents/unknown',
  '/groups',
  '/measures',
  '/break-glass',
  `/break-glass/bgl_${id}`,
  `/break-glass/bgl_${id}/drill`,
  '/link',
]
const sent = [
  ['/decide', `/decide/req_${id}`],
  ['/halts', '/halts'],
  ['/halts', `/halts/hlt_${id}`],
  ['/agents', '/agents/agent:librarian'],
  ['/break-glass', `/break-glass/bgl_${id}`],
  ['/link', '/link'],
  ['/link', '/link/unlink'],
  ['/decide', '/logout'],
] as const

let world: World
let tab: Tab
beforeEach(async () => {
  world = new World()
  tab = Tab.of(world)
  await tab.logIn('person-gus')
})

/** Makes each call of it fail from now on. */
function cutOff(store: object): void {
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(store)))
    if (name !== 'constructor')
      Object.defineProperty(store, name, { value: () => Promise.reject(new StoreUnavailable('no answer')) })
}
const cutOffTable = () => [world.requests, world.agents, tab.doors.halts, tab.doors.links].forEach(cutOff)

const told = ({ status, headers, body }: Shown) => ({
  status,
  retry: headers['retry-after'],
  isPage: headers['content-type'] === 'text/html; charset=utf-8' && /^<!doctype html>/.test(body),
  isSafe: headers['content-security-policy']?.startsWith("default-src 'none'"),
})
const unreachable = { status: 503, retry: expect.stringMatching(/^\d+$/), isPage: true, isSafe: true }

test.each(looked)('%s says that nothing was changed, and can be tried again', async (path) => {
  cutOffTable()
  const page = await tab.go('GET', path)
  expect(told(page)).toEqual(unreachable)
  expect(page.body).toContain('A service that this needs does not answer')
  expect(page.body).toContain('Nothing was changed. Wait a moment, then try again.')
  expect(page.body).toContain('<a class="button" href="">Try again</a>')
})

test.each(looked)('%s says the same if the login cannot be read', async (path) => {
  cutOff(tab.doors.sessions)
  expect(told(await tab.go('GET', path))).toEqual(unreachable)
})

test.each(sent)('a form leads to %s, where its sender sees whether %s recorded it', async (section, path) => {
  cutOff(tab.doors.sessions)
  const page = await tab.go('POST', path, { csrf: 'x' })
  expect(told(page)).toEqual(unreachable)
  expect(page.body).toContain('It is unknown whether your form was recorded.')
  expect(page.body).toContain(`<a class="button" href="${section}">`)
})

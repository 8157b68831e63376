import { Tab } from '../support/pages/page-tab.ts'
import { sampleBundle, World } from '../support/world.ts'

/** The page that links a Slack account, in one browser that other sites can also put links into. */

const sample = sampleBundle()
const team = 'T0HOTWORK'

let tab: Tab
beforeEach(async () => {
  tab = Tab.of(new World(sample))
  for (const [user, name] of [
    ['U0NEW', 'mia.moss'],
    ['U0THIEF', 'thief'],
  ] as const)
    tab.doors.users.set(user, { team, kind: 'member', name })
  await tab.logIn('person-mia')
})

const follow = async (user: string) => tab.go('GET', await tab.doors.offer(user))
const shownForm = async (button: string) => {
  const page = await tab.go('GET', '/link')
  const form = page.body.split('<form').find((each) => each.includes(button)) ?? ''
  return Object.fromEntries(
    [...form.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  )
}

test('a click on the link page links the account that the page showed, and the answer names it', async () => {
  await follow('U0NEW')
  const { status, body } = await tab.go('POST', '/link', await shownForm('mia.moss in Slack is me'))
  expect(status).toBe(200)
  expect(body).toContain('Linked: clicks of mia.moss in Slack (user U0NEW, workspace T0HOTWORK)')
  expect(await tab.doors.links.find(team, 'U0NEW')).toBe('person:mia')
})

test('a link that enters the browser between the page and its click links no account', async () => {
  await follow('U0NEW')
  const form = await shownForm('mia.moss in Slack is me')
  await follow('U0THIEF')
  expect((await tab.go('POST', '/link', form)).status).toBe(409)
  expect(await tab.doors.links.find(team, 'U0THIEF')).toBeUndefined()
  expect(await tab.doors.links.find(team, 'U0NEW')).toBeUndefined()
  // The browser holds neither link afterwards.
  expect((await tab.go('GET', '/link')).body).not.toContain('Is this Slack account yours?')
})

test('a link form without the offer that it showed links no account', async () => {
  await follow('U0NEW')
  const { offer: _left, ...form } = await shownForm('mia.moss in Slack is me')
  expect((await tab.go('POST', '/link', form)).status).toBe(409)
  expect(await tab.doors.links.find(team, 'U0NEW')).toBeUndefined()
})

test('an unlink form ends only the link of the account that it showed', async () => {
  await follow('U0NEW')
  await tab.go('POST', '/link', await shownForm('mia.moss in Slack is me'))
  const stale = await shownForm('Unlink it')
  await follow('U0THIEF')
  await tab.go('POST', '/link', await shownForm('thief in Slack is me'))
  expect((await tab.go('POST', '/link/unlink', stale)).status).toBe(409)
  expect(await tab.doors.links.find(team, 'U0THIEF')).toBe('person:mia')
  const done = await tab.go('POST', '/link/unlink', await shownForm('Unlink it'))
  expect(done.body).toContain('Unlinked: clicks of user U0THIEF in Slack')
  expect(await tab.doors.links.find(team, 'U0THIEF')).toBeUndefined()
})

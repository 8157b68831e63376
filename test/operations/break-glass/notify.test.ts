import fc from 'fast-check'
import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { mostTold, pageAlone } from '../../../functions/operations/break-glass/notify.ts'
import type { CardBoard } from '../../../functions/operations/cards/ports.ts'
import { BoardUnavailable, CardUndeliverable } from '../../../functions/operations/faults.ts'
import { channel, LoudNight, profile } from '../../channels/slack/cards/openings.ts'
import { wordsOf } from '../../channels/slack/edge/desk-world.ts'
import { person, prodParameter, sampleBundle, start } from '../../support/world.ts'
import { hour, minute } from './night.ts'

const bundle = sampleBundle()
let night: LoudNight
beforeEach(() => {
  night = new LoudNight(bundle)
})

/** Messages to a person, each with the lines beneath it. */
const sentTo = (user: string): readonly string[] => {
  const direct = `DU0${user}`
  try {
    return [...night.board.messages(direct), ...night.board.lines(direct)].map(({ blocks }) => wordsOf(blocks))
  } catch {
    return []
  }
}
const allUsers = ['ANA', 'BEN', 'CHLOE', 'DAN', 'EVE', 'FINN', 'GUS', 'HANA', 'IVO', 'JADE', 'KOFI', 'LENA']
const toldBy = () => allUsers.filter((user) => sentTo(user).length > 0)
const card = () => wordsOf(night.board.messages(channel).at(-1)?.blocks)
const beneath = () => night.board.lines(channel).map(({ blocks }) => wordsOf(blocks).trim())
const lookAt = async (seconds: number, request: ApprovalRequest) => {
  night.clock.advance(start + seconds - night.clock.now())
  await night.draw(request)
}

test('an opening posts a card in the profile’s channel, and tells the skipped people, the lead and those the profile names', async () => {
  await night.draw(await night.breaks())
  expect(night.board.messages(channel)).toHaveLength(1)
  expect(toldBy()).toEqual(['ANA', 'BEN', 'CHLOE', 'DAN', 'EVE', 'FINN', 'GUS', 'HANA', 'IVO', 'JADE', 'LENA'])
  expect(sentTo('BEN')[0]).toContain('You were skipped: you could have approved it, and were not asked.')
  expect(sentTo('EVE')[0]).toContain('You were skipped')
  expect(sentTo('EVE')[0]).toContain('Once it has ended you may review it.')
  expect(sentTo('LENA')[0]).toContain('No one approved it; you are told because you answer for this.')
  expect(sentTo('JADE')[0]).toContain('You opened it: end it as soon as you are done')
  // Kofi is on call like jade: the ladder would not have asked him, so he is not told.
  expect(sentTo('KOFI')).toEqual([])
})

test('an opening tells each person why, in the words of the one who did it', async () => {
  await night.draw(await night.breaks())
  for (const user of toldBy()) expect(sentTo(user)[0]).toContain('payments fail since the 14:10 deploy')
})

test('an opening of an action tells those who could have approved it', async () => {
  await night.draw(await night.opened())
  expect(sentTo('ANA')[0]).toContain('You were skipped')
  expect(card()).toContain('10 people who could have approved it were skipped; 9 of them are told directly')
})

test('the page hook is told of an opening, without its reason', async () => {
  const request = await night.breaks()
  await night.draw(request)
  expect(night.pager.pages).toEqual([
    {
      event: 'opened',
      id: request.ask.id,
      person: 'person:jade',
      incident: 'INC-2041',
      what: 'checkout-recovery',
      environment: 'prod',
      until: start + 30 * minute,
      reviewDue: start + 24 * hour,
      drill: false,
    },
  ])
  expect(JSON.stringify(night.pager.pages)).not.toContain('payments fail')
})

test('a drill is marked as a drill for each reader', async () => {
  await night.draw(await night.breaks({ drill: true }))
  for (const user of toldBy()) expect(sentTo(user)[0]).toMatch(/^DRILL: /)
  expect(night.pager.pages[0]?.drill).toBe(true)
  expect(card()).toContain('This is a DRILL')
})

test('each person is told once, however often the opening is drawn', async () => {
  const request = await night.breaks()
  for (let look = 0; look < 5; look++) await night.draw(request)
  await lookAt(26 * minute, request)
  for (let look = 0; look < 5; look++) await night.draw(request)
  expect(toldBy().map((user) => sentTo(user).length)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1])
  expect(beneath()).toHaveLength(1)
  expect(night.board.messages(channel)).toHaveLength(1)
  expect(night.pager.pages).toHaveLength(1)
})

test('five minutes before the end only the holder and the channel are told', async () => {
  const request = await night.breaks()
  await night.draw(request)
  await lookAt(25 * minute, request)
  expect(sentTo('JADE').at(-1)).toContain('What you opened ends in 5 min or less, at 2027-01-15T08:30:00Z.')
  expect(beneath()).toEqual([expect.stringContaining('What Jade Jones (person:jade) opened ends in 5 min or less')])
  expect(sentTo('BEN')).toHaveLength(1)
})

test('all people hear at the end how it ended, and those who may review that they may', async () => {
  const request = await night.breaks()
  await night.draw(request)
  night.clock.advance(10 * minute)
  await night.end(request)
  await night.draw(request)
  for (const user of toldBy()) expect(sentTo(user).at(-1)).toContain('Ended early by Jade Jones')
  expect(sentTo('EVE').at(-1)).toContain('You may review it')
  expect(sentTo('BEN').at(-1)).not.toContain('You may review it')
  expect(beneath()).toEqual([expect.stringContaining('A review is due by 2027-01-16T08:00:00Z.')])
  expect(night.pager.pages.map(({ event, until }) => [event, until - start])).toEqual([
    ['opened', 30 * minute],
    ['ended', 10 * minute],
  ])
})

test('reviewers are reminded while a review is due and overdue; overdue, the lead and the holder hear too', async () => {
  const request = await night.breaks()
  await night.draw(request)
  await lookAt(31 * minute, request)
  const before = new Map(allUsers.map((user) => [user, sentTo(user).length]))
  const heard = () => allUsers.filter((user) => sentTo(user).length > (before.get(user) ?? 0))
  await lookAt(20 * hour, request)
  expect(heard()).toEqual(['ANA', 'DAN', 'EVE', 'FINN', 'GUS', 'HANA', 'IVO'])
  await lookAt(24 * hour, request)
  expect(heard()).toEqual(['ANA', 'DAN', 'EVE', 'FINN', 'GUS', 'HANA', 'IVO', 'JADE', 'LENA'])
  expect(sentTo('LENA').at(-1)).toContain('Its review is overdue since 2027-01-16T08:00:00Z.')
  await lookAt(28 * hour, request)
  expect(sentTo('EVE').at(-1)).toContain('This is reminder 1.')
  expect(night.pager.pages.map(({ event }) => event)).toEqual(['opened', 'ended', 'review_overdue'])
  expect(card()).toContain('its review is OVERDUE')
})

test('a review tells its outcome to all who were told before, and stops the reminders', async () => {
  const request = await night.breaks()
  await night.draw(request)
  await lookAt(31 * minute, request)
  await night.review(request, 'eve', 'not_justified')
  await night.draw(request)
  for (const user of toldBy()) expect(sentTo(user).at(-1)).toContain('Reviewed by Eve Evans (person:eve)')
  const count = toldBy().map((user) => sentTo(user).length)
  await lookAt(40 * hour, request)
  expect(toldBy().map((user) => sentTo(user).length)).toEqual(count)
})

test('a missed notice is told once, as things are by then', async () => {
  const request = await night.breaks()
  await lookAt(25 * hour, request)
  expect(sentTo('BEN')).toEqual([expect.stringContaining('Ended by itself')])
  expect(sentTo('EVE')).toEqual([expect.stringContaining('Its review is overdue')])
  expect(night.board.messages(channel)).toHaveLength(1)
  expect(beneath()).toEqual([])
  expect(night.pager.pages.map(({ event }) => event)).toEqual(['opened', 'ended', 'review_overdue'])
})

const failing = (fault: Error): CardBoard => ({
  post: () => Promise.reject(fault),
  update: () => Promise.reject(fault),
  open: () => Promise.reject(fault),
  reply: () => Promise.reject(fault),
})

test('without Slack the page hook still pages, once, and the card comes when Slack does', async () => {
  const request = await night.breaks()
  for (let look = 0; look < 3; look++)
    await expect(
      night.draw(request, { board: failing(new BoardUnavailable('Slack is gone', { forAll: true })) }),
    ).rejects.toMatchObject({ name: 'BoardUnavailable' })
  expect(night.pager.pages).toHaveLength(1)
  await night.draw(request)
  expect(night.board.messages(channel)).toHaveLength(1)
  expect(night.pager.pages).toHaveLength(1)
})

test('a chat that is not even tried leaves the page hook alone, which pages once and for no other request', async () => {
  const request = await night.breaks()
  const { cards, pager, requests, clock } = night
  for (let look = 0; look < 2; look++) await pageAlone(request.ask.id, { cards, pager, requests, clock })
  await pageAlone((await night.submitted(prodParameter)).ask.id, { cards, pager, requests, clock })
  expect(pager.pages.map(({ id }) => id)).toEqual([request.ask.id])
  await night.draw(request)
  expect(pager.pages).toHaveLength(1)
})

test('without the page hook all people in Slack are told, once, and it is paged when it is back', async () => {
  const request = await night.breaks()
  night.pager.isDown = true
  for (let look = 0; look < 3; look++)
    await expect(night.draw(request)).rejects.toMatchObject({ name: 'PagerUnavailable' })
  expect(night.board.messages(channel)).toHaveLength(1)
  expect(sentTo('BEN')).toHaveLength(1)
  night.pager.isDown = false
  await night.draw(request)
  expect(night.pager.pages).toHaveLength(1)
  expect(sentTo('BEN')).toHaveLength(1)
})

test('one person who cannot be written to holds up no other', async () => {
  night.board.remove('U0BEN')
  await night.draw(await night.breaks())
  expect(toldBy()).toEqual(allUsers.filter((user) => user !== 'BEN' && user !== 'KOFI'))
  expect(night.log.lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: 'direct_undeliverable',
      fields: expect.objectContaining({ person: 'person:ben' }),
    }),
  )
})

test('a closed channel keeps no person from being told, is logged, and is tried again', async () => {
  night.board.archive(channel)
  await expect(night.draw(await night.breaks())).rejects.toBeInstanceOf(CardUndeliverable)
  expect(toldBy()).toHaveLength(11)
  expect(night.log.lines).toContainEqual(expect.objectContaining({ message: 'card_undeliverable' }))
})

test('a card without budgets and record shows the rest', async () => {
  const request = await night.breaks()
  await night.uses(request)
  const entries = night.ledger.entries.bind(night.ledger)
  const recall = night.requests.recall.bind(night.requests)
  night.requests.recall = () => Promise.reject(new Error('no budgets'))
  await night.draw(request)
  expect(card()).toContain('BREAK-GLASS OPEN')
  expect(card()).not.toContain('Left of the minutes')
  night.requests.recall = recall
  await night.end(request)
  night.ledger.entries = () => Promise.reject(new Error('no record'))
  await night.draw(request)
  expect(card()).toContain('Credentials were issued; how many is in the record.')
  night.ledger.entries = entries
  await night.draw(request)
  expect(card()).toContain('AWS credentials issued once')
})

test('faults in any order end with one card and one thread for each, and no notice told twice', async () => {
  /** A Slack whose calls fail or succeed in this order. */
  const flaky = (fails: readonly boolean[]): CardBoard => {
    let calls = 0
    const maybe = async <T>(call: () => Promise<T>): Promise<T> => {
      calls += 1
      if (fails[calls % Math.max(1, fails.length)]) throw new BoardUnavailable('Slack answered 503')
      return call()
    }
    const { board } = night
    return {
      post: (...what) => maybe(() => board.post(...what)),
      update: (...what) => maybe(() => board.update(...what)),
      open: (user) => maybe(() => board.open(user)),
      reply: (...what) => maybe(() => board.reply(...what)),
    }
  }
  const step = fc.record({
    wait: fc.constantFrom(0, minute, 24 * minute, hour, 19 * hour, 25 * hour),
    act: fc.constantFrom('end', 'review', 'nothing', 'nothing'),
    fails: fc.array(fc.boolean(), { maxLength: 7 }),
    isPagerDown: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      night = new LoudNight(bundle)
      const request = await night.breaks()
      for (const { wait, act, fails, isPagerDown } of steps) {
        night.clock.advance(wait)
        if (act === 'end') await night.end(request)
        if (act === 'review') await night.review(request, 'eve')
        night.pager.isDown = isPagerDown
        await night.draw(request, { board: flaky(fails) }).catch(() => {})
      }
      night.pager.isDown = false
      await night.draw(request)
      expect(night.board.messages(channel)).toHaveLength(1)
      for (const user of toldBy()) {
        expect(night.board.messages(`DU0${user}`)).toHaveLength(1)
        expect(new Set(sentTo(user)).size).toBe(sentTo(user).length)
      }
      expect(new Set(beneath()).size).toBe(beneath().length)
      const paged = night.pager.pages.map(({ event }) => event)
      expect(paged).toEqual([...new Set(paged)])
      expect(paged[0]).toBe('opened')
    }),
    { numRuns: 60 },
  )
})

test('the opening itself waits for no notice', async () => {
  night.pager.isDown = true
  night.board.archive(channel)
  expect(await night.open('jade', { what: profile })).toMatchObject({ ok: true })
})

/** More owners than any organisation has. */
const crowded = (more: number): Bundle => {
  const crowd = Array.from({ length: more }, (_, at) => ({
    id: person(`crowd-${at}`),
    name: `Crowd ${at}`,
    identities: [{ issuer: 'people', subject: `crowd-${at}` }],
    chatUser: `U0CROWD${at}`,
    status: 'active' as const,
  }))
  const { people, groups } = bundle.directory
  const owners = [...(groups['payments-owners'] ?? []), ...crowd.map(({ id }) => id)]
  return { ...bundle, directory: { people: [...people, ...crowd], groups: { ...groups, 'payments-owners': owners } } }
}

test('people who cannot all be looked at are counted as at least so many', async () => {
  // None of them may approve anything, so every question is asked.
  const strangers = crowded(500).directory.people
  night = new LoudNight({ ...bundle, directory: { ...bundle.directory, people: strangers } })
  await night.draw(await night.breaks())
  expect(card()).toContain('At least 10 people who could have approved it were skipped')
})

test('fifty people are told directly, and the card says that the others are not', async () => {
  night = new LoudNight(crowded(200))
  await night.draw(await night.breaks())
  const direct = (
    await night.cards.load((await night.requests.list({}, { limit: 1 })).items[0]?.state.ask.id as never)
  ).filter((each) => each.person !== undefined)
  // One of the fifty has no Slack account.
  expect(direct).toHaveLength(mostTold - 1)
  expect(card()).toMatch(
    /210 people who could have approved it were skipped; \d\d of them are told directly. Please tell .* and \d+ more/,
  )
})

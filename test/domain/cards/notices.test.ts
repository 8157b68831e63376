import fc from 'fast-check'
import {
  type Notice,
  noticeKey,
  noticesOf,
  noticeTimes,
  unsentNotice,
} from '../../../functions/domain/cards/notices.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { asOf } from '../../../functions/domain/requests/due.ts'
import { breakGlassWakes } from '../../../functions/domain/requests/wait.ts'
import { hour, minute, Night } from '../../operations/break-glass/night.ts'
import { sampleBundle, start } from '../../support/world.ts'

const bundle = sampleBundle()
const all = ['opened', 'ending', 'ended', 'review_due', 'review_overdue', 'reviewed'] as const

let night: Night
beforeEach(() => {
  night = new Night(bundle)
})

const saidAt = (state: ApprovalRequest, after: number) =>
  noticesOf(asOf(state, start + after), start + after).map(noticeKey)

test.each<[when: string, after: number, said: string[]]>([
  ['at once', 0, ['opened']],
  ['while it is open', 20 * minute, ['opened']],
  ['five minutes before its end', 25 * minute, ['opened', 'ending']],
  ['at its end, without the warning that is over', 30 * minute, ['opened', 'ended']],
  ['four hours before its review is due', 20 * hour, ['opened', 'ended', 'review_due']],
  ['when it is due', 24 * hour, ['opened', 'ended', 'review_due', 'review_overdue 1']],
  ['four hours later', 28 * hour, ['opened', 'ended', 'review_due', 'review_overdue 1', 'review_overdue 2']],
  [
    'after twice as long each time, five times in all',
    10 * 24 * hour,
    ['opened', 'ended', 'review_due', ...[1, 2, 3, 4, 5].map((attempt) => `review_overdue ${attempt}`)],
  ],
])('the notices of an opening are due %s', async (_when, after, said) => {
  expect(saidAt(await night.opened(), after)).toEqual(said)
})

test('an opening of five minutes has no warning', async () => {
  const state = await night.opened('jade', { minutes: 5 })
  expect(saidAt(state, 4 * minute)).toEqual(['opened'])
})

test('an opening that was ended early has no warning, and a reviewed one no reminder', async () => {
  const { ask } = await night.opened()
  night.clock.advance(minute)
  await night.end({ ask } as ApprovalRequest)
  expect(saidAt(await night.state(ask.id), 26 * minute)).toEqual(['opened', 'ended'])
  await night.review({ ask } as ApprovalRequest, 'eve')
  expect(saidAt(await night.state(ask.id), 30 * 24 * hour)).toEqual(['opened', 'ended', 'reviewed'])
})

test('a request that a person approves has no notices', async () => {
  const { ask, ...rest } = await night.opened()
  const { breakGlass: _, ...plain } = ask
  expect(noticesOf({ ...rest, ask: plain } as ApprovalRequest, start + 10 * 24 * hour)).toEqual([])
})

test('the latest notice is told, and makes the earlier ones needless', async () => {
  const state = asOf(await night.opened(), start + 25 * hour)
  expect(unsentNotice(state, start + 25 * hour, all, [])).toEqual({
    notice: { notice: 'review_overdue', attempt: 1, at: start + 24 * hour },
    keys: ['opened', 'ended', 'review_due', 'review_overdue 1'],
  })
})

test('a listener hears only notices of their kinds', async () => {
  const state = asOf(await night.opened(), start + 25 * hour)
  expect(unsentNotice(state, start + 25 * hour, ['opened', 'ended'], [])?.notice.notice).toBe('ended')
  expect(unsentNotice(state, start + 25 * hour, ['opened', 'ended'], ['ended'])).toBeUndefined()
})

test('a listener hears each notice once, and the latest one, at any times of looking', async () => {
  const opened = await night.opened()
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 12 * 24 * hour }), { minLength: 1, maxLength: 30 }),
      fc.uniqueArray(fc.constantFrom(...all), { minLength: 1 }),
      (looks, hears) => {
        const said: Notice[] = []
        let told: readonly string[] = []
        for (const after of looks.toSorted((one, other) => one - other)) {
          const now = start + after
          const due = unsentNotice(asOf(opened, now), now, hears, told)
          if (due) {
            said.push(due.notice)
            told = [...told, ...due.keys]
          }
          const last = noticesOf(asOf(opened, now), now).findLast(({ notice }) => hears.includes(notice))
          if (last) expect(told).toContain(noticeKey(last))
        }
        const keys = said.map(noticeKey)
        expect(new Set(keys).size).toBe(keys.length)
        expect(said.map(({ at }) => at)).toEqual(said.map(({ at }) => at).toSorted((one, other) => one - other))
      },
    ),
  )
})

test('a notice that falls due by the clock alone has a timer', async () => {
  const state = await night.opened()
  const wakes = breakGlassWakes(state).map(({ at }) => at)
  expect(wakes).toEqual(expect.arrayContaining([...noticeTimes(state)]))
  expect(noticeTimes(state)).toEqual(
    [25 * minute, 20 * hour, 24 * hour, 28 * hour, 36 * hour, 52 * hour, 84 * hour].map((after) => start + after),
  )
})

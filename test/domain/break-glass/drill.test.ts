import { type DrillFacts, drillReport, type ToldOf } from '../../../functions/domain/break-glass/drill.ts'
import type { IssuedCredential } from '../../../functions/domain/credentials/issue.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { hour, minute, Night } from '../../operations/break-glass/night.ts'
import { person, sampleBundle, start } from '../../support/world.ts'

/** A drill of half an hour against the promises of break-glass. */

const [ana, eve] = [person('ana'), person('eve')]
const told = (to: ToldOf['to'], after: number | undefined, ...notices: string[]): ToldOf => ({
  ...{ to, notices },
  ...(after === undefined ? {} : { at: start + after }),
})
const all = [told('channel', 2, 'opened', 'ending'), told('page_hook', 1), told(ana, 3), told(eve, 4)]

let open: ApprovalRequest
let ended: ApprovalRequest
beforeAll(async () => {
  const night = new Night(sampleBundle())
  open = await night.opened('jade', { drill: true })
  night.clock.advance(10 * minute)
  await night.end(open)
  ended = await night.state(open.ask.id)
})

const verdicts = (changes: Partial<DrillFacts>) =>
  drillReport({ state: open, credentials: [], posted: all, toTell: [ana, eve], now: start + minute, ...changes })
    .steps.map(({ verdict }) => verdict)
    .join(' ')

test.each<[rule: string, facts: () => Partial<DrillFacts>, verdicts: string]>([
  ['opening within five seconds is met', () => ({ opened: 5000 }), 'met met met waiting waiting'],
  ['a later opening is missed', () => ({ opened: 5001 }), 'missed met met waiting waiting'],
  ['an opening that was not measured is unknown', () => ({}), 'unknown met met waiting waiting'],
  [
    'the channel, the page hook and each person are told within a minute of the record',
    () => ({ posted: [...all.slice(0, 3), told(eve, 61)] }),
    'unknown missed met waiting waiting',
  ],
  ['a person not told yet is waited for', () => ({ posted: all.slice(0, 3) }), 'unknown waiting met waiting waiting'],
  [
    'a person who is not told in time is missed',
    () => ({ posted: all.slice(0, 3), now: start + 61 }),
    'unknown missed met waiting waiting',
  ],
  [
    'a page hook that is not told is missed',
    () => ({ posted: all.filter(({ to }) => to !== 'page_hook'), now: start + 61 }),
    'unknown missed met waiting waiting',
  ],
  [
    'a message without a time is unknown',
    () => ({ posted: [...all.slice(0, 3), told(eve, undefined)] }),
    'unknown unknown met waiting waiting',
  ],
  [
    'no warning is due for an end before the last five minutes',
    () => ({ state: ended, now: start + hour }),
    'unknown met not_due met waiting',
  ],
  [
    'a credential that outlives the window is missed',
    () => ({ state: ended, credentials: [{ expiresAt: start + 30 * minute + 1 } as IssuedCredential] }),
    'unknown met not_due missed waiting',
  ],
  ['an opening past its window is missed', () => ({ now: start + 31 * minute }), 'unknown met met missed waiting'],
  ['a review a day late is missed', () => ({ state: ended, now: start + 25 * hour }), 'unknown met not_due met missed'],
])('the report of a drill: %s', (_rule, facts, expected) => expect(verdicts(facts())).toBe(expected))

test('the report names the people who were not told', () => {
  const { told: found } = drillReport({
    state: open,
    credentials: [],
    posted: [told(ana, 3)],
    toTell: [ana, eve],
    now: start,
  })
  expect(found).toEqual({ due: 2, missing: [eve], inChannel: false, paged: false })
})

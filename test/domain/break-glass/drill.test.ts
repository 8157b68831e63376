import { type DrillFacts, drillReport, type ToldOf } from '../../../functions/domain/break-glass/drill.ts'
import type { IssuedCredential } from '../../../functions/domain/credentials/issue.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { hour, minute, Night } from '../../operations/break-glass/night.ts'
import { person, sampleBundle, start } from '../../support/world.ts'

/** A drill of half an hour, against what a break-glass promises. */

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
  drillReport({
    state: open,
    credentials: [],
    posted: all,
    toTell: [ana, eve],
    now: start + minute,
    ...changes,
  }).steps.map(({ verdict }) => verdict)

test.each<[rule: string, facts: () => Partial<DrillFacts>, verdicts: string[]]>([
  ['opened within five seconds is kept', () => ({ opened: 5000 }), ['met', 'met', 'met', 'waiting', 'waiting']],
  ['later is not', () => ({ opened: 5001 }), ['missed', 'met', 'met', 'waiting', 'waiting']],
  ['what nobody measured nobody claims', () => ({}), ['unknown', 'met', 'met', 'waiting', 'waiting']],
  [
    'everybody told is the channel, the page hook and each person, within a minute of the record',
    () => ({ posted: [...all.slice(0, 3), told(eve, 61)] }),
    ['unknown', 'missed', 'met', 'waiting', 'waiting'],
  ],
  [
    'one who is not told yet is waited for',
    () => ({ posted: all.slice(0, 3) }),
    ['unknown', 'waiting', 'met', 'waiting', 'waiting'],
  ],
  [
    'and then missed',
    () => ({ posted: all.slice(0, 3), now: start + 61 }),
    ['unknown', 'missed', 'met', 'waiting', 'waiting'],
  ],
  [
    'without the page hook it is not everybody',
    () => ({ posted: all.filter(({ to }) => to !== 'page_hook'), now: start + 61 }),
    ['unknown', 'missed', 'met', 'waiting', 'waiting'],
  ],
  [
    'a message without a time is no measure',
    () => ({ posted: [...all.slice(0, 3), told(eve, undefined)] }),
    ['unknown', 'unknown', 'met', 'waiting', 'waiting'],
  ],
  [
    'what ended before its last five minutes had to be warned of to nobody',
    () => ({ state: ended, now: start + hour }),
    ['unknown', 'met', 'not_due', 'met', 'waiting'],
  ],
  [
    'a credential that was good for longer than the window is a promise not kept, however it ended',
    () => ({ state: ended, credentials: [{ expiresAt: start + 30 * minute + 1 } as IssuedCredential] }),
    ['unknown', 'met', 'not_due', 'missed', 'waiting'],
  ],
  [
    'open past its window is not kept',
    () => ({ now: start + 31 * minute }),
    ['unknown', 'met', 'met', 'missed', 'waiting'],
  ],
  [
    'not reviewed within a day is not kept',
    () => ({ state: ended, now: start + 25 * hour }),
    ['unknown', 'met', 'not_due', 'met', 'missed'],
  ],
])('%s', (_rule, facts, expected) => expect(verdicts(facts())).toEqual(expected))

test('whoever was not told is named', () => {
  const { told: found } = drillReport({
    state: open,
    credentials: [],
    posted: [told(ana, 3)],
    toTell: [ana, eve],
    now: start,
  })
  expect(found).toEqual({ due: 2, missing: [eve], inChannel: false, paged: false })
})

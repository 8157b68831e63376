import type { SlackCard } from '../../../../functions/channels/slack/cards/blocks.ts'
import { complaintsOf } from '../../../../functions/channels/slack/cards/blocks.ts'
import { renderCard } from '../../../../functions/channels/slack/cards/card.ts'
import { degradeCard } from '../../../../functions/channels/slack/door.ts'
import type { Notice } from '../../../../functions/domain/cards/notices.ts'
import { checkMessageBlocks } from '../../../../local/desk/blocks.ts'
import { sampleBundle } from '../../../support/world.ts'
import { wordsOf } from '../edge/desk-world.ts'
import { page } from '../edge/door.ts'
import { buttonsOf } from './drawing.ts'
import { type Drawn, everyOpening, reason } from './openings.ts'
import { renderNotice, renderOpening } from './rendering.ts'
import { everyState } from './states.ts'

const bundle = sampleBundle()
let drawn: ReadonlyMap<string, Drawn>
beforeAll(async () => {
  drawn = await everyOpening(bundle)
})
const of = (name: string): Drawn => {
  const found = drawn.get(name)
  if (!found) throw new Error(`no \`${name}\``)
  return found
}
const cardOf = ({ state, about }: Drawn) => renderOpening(state, about, bundle, { page })
const textOn = (each: Drawn) => wordsOf(cardOf(each).blocks)
const titleOf = ({ blocks }: SlackCard): string => wordsOf(blocks.filter(({ type }) => type === 'header').slice(0, 1))
const headlineOf = (each: Drawn) => titleOf(cardOf(each))

test("an opening's card says its state in words, and has buttons only if they do something", () => {
  const told = [...drawn].map(([name, each]) => [name, headlineOf(each), buttonsOf(cardOf(each))])
  expect(told).toEqual([
    ['open', '🚨 BREAK-GLASS OPEN: no one approved this', ['end_opening', 'read']],
    ['open for one action', '🚨 BREAK-GLASS OPEN: no one approved this', ['end_opening', 'read']],
    ['a drill', '🧪 DRILL: BREAK-GLASS OPEN: no one approved this 🚨', ['end_opening', 'read']],
    ['ended by the person', '🔎 BREAK-GLASS ended: to be reviewed', ['review_opening', 'read']],
    ['ended by itself', '🔎 BREAK-GLASS ended: to be reviewed', ['review_opening', 'read']],
    ['ended by another person', '🔎 BREAK-GLASS ended: to be reviewed', ['review_opening', 'read']],
    ['ended with its incident', '🔎 BREAK-GLASS ended: to be reviewed', ['review_opening', 'read']],
    ['its review overdue', '📢 BREAK-GLASS: its review is OVERDUE', ['review_opening', 'read']],
    ['reviewed and justified', '🧾 BREAK-GLASS: reviewed, justified', ['read']],
    ['reviewed and not justified', '❗ BREAK-GLASS: reviewed, NOT justified', ['read']],
    ['a drill that is over', '🧪 DRILL: BREAK-GLASS: reviewed, justified 🧾', ['read']],
    ['the sealed role', '🚨 SEALED ROLE USED, outside Hotwork', ['read']],
    ['the sealed role, to be reviewed', '🔎 SEALED ROLE USED: to be reviewed', ['review_opening', 'read']],
  ])
})

test("an opening's card is accepted by Slack, in each state", () => {
  for (const [name, each] of drawn) {
    expect([name, complaintsOf(cardOf(each))]).toEqual([name, []])
    expect(checkMessageBlocks(cardOf(each).blocks)).toMatchObject({ ok: true })
  }
})

test("an opening's card cannot be taken for a request for approval: its frame, signs, first word and buttons differ", async () => {
  const approvals = [...(await everyState(bundle)).values()].map((state) =>
    renderCard(state, bundle, 'hotwork-approvals'),
  )
  const [signs, shapes] = [new Set<string>(), new Set<string>()]
  for (const card of approvals) {
    signs.add(titleOf(card).split(' ')[0] ?? '')
    shapes.add(String(card.blocks[0]?.['type']))
  }
  for (const [, each] of drawn) {
    const card = cardOf(each)
    expect(shapes).not.toContain(card.blocks[0]?.['type'])
    expect(signs).not.toContain(headlineOf(each).split(' ')[0])
    expect(headlineOf(each)).toMatch(/BREAK-GLASS|SEALED ROLE/)
    expect(buttonsOf(card)).not.toEqual(expect.arrayContaining([expect.stringMatching(/approve|deny|narrow/)]))
  }
})

test("an open opening's card has its person, rights, reason, incident, end, skipped people, budget and way to end it", () => {
  const text = textOn(of('open'))
  for (const part of [
    'Jade Jones (person:jade) opened “Get the checkout service going again” in PROD (internal data)',
    'Open until 2027-01-15T08:30:00Z: 30 min from 2027-01-15T08:00:00Z',
    'It then ends by itself; nothing makes it longer.',
    'Incident INC-2041',
    reason,
    'ssm:PutParameter on arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/*',
    'lambda:PutFunctionConcurrency on arn:aws:lambda:us-east-1:000000000000:function:checkout-*',
    'everything that the profile opens, with any arguments',
    '10 people who could have approved it were skipped; 9 of them are told directly. Please tell Mia Moreau (person:mia)',
    'Once it has ended, to be reviewed by Ana Alves (person:ana), ',
    'before 2027-01-16T08:00:00Z',
    'Break-glass minutes left in these seven days: 3 h 30 min',
    'To end it: “End now”, for Jade Jones (person:jade) and the people who may revoke; or npx --no-install hotwork break-glass end bgl_',
  ])
    expect(text).toContain(part)
})

test('an opening for one action has its exact arguments on the card', () => {
  const text = textOn(of('open for one action'))
  expect(text).toContain('Name = "/prod/checkout/payment-timeout-ms"')
  expect(text).toContain('Value = "3000"')
})

test.each([
  [
    'ended by the person',
    'Ended early by Jade Jones (person:jade) at 2027-01-15T08:12:00Z, 12 min after it was opened.',
  ],
  ['ended by itself', 'Ended by itself at 2027-01-15T08:30:00Z, 30 min after it was opened.'],
  ['ended by another person', 'Ended early by Gus Garcia (person:gus) at '],
  ['ended with its incident', 'Ended early because its incident was closed, at '],
])('an opening that was %s says so, with the date for its review', (name, how) => {
  expect(textOn(of(name))).toContain(how)
  expect(textOn(of(name))).toContain('A review is due by 2027-01-16T08:00:00Z.')
})

test("an ended opening's card lists its credentials, and names the place of its calls", () => {
  const text = textOn(of('ended by the person'))
  expect(text).toContain('Access tokens issued once, at 2027-01-15T08:00:00Z')
  expect(text).toContain('AWS credentials issued once, at 2027-01-15T08:00:00Z')
  expect(text).toContain('Each call that AWS credentials made is in CloudTrail, under the session name bgl_')
  expect(textOn(of('ended by another person'))).toContain('No credential was issued')
})

test("a reviewed opening's card has the reviewer, the finding and the note", () => {
  expect(textOn(of('reviewed and not justified'))).toContain('Reviewed by Gus Garcia (person:gus)')
  expect(textOn(of('reviewed and not justified'))).toContain('not justified.')
  expect(textOn(of('reviewed and justified'))).toContain('read the calls')
})

test("an overdue review's card has the consequences", () => {
  expect(textOn(of('its review overdue'))).toContain('Its review is overdue since 2027-01-16T08:00:00Z.')
  expect(textOn(of('its review overdue'))).toContain('needs a second person')
})

test("the sealed role's card says that Hotwork did not open it, and offers nothing that Hotwork cannot do", () => {
  const text = textOn(of('the sealed role'))
  expect(text).toContain(
    'Jade Jones (person:jade) took the sealed role arn:aws:iam::000000000000:role/hotwork/Hotwork-sealed',
  )
  expect(text).toContain('Hotwork did not open it and cannot end it')
  expect(text).not.toContain('To end it')
  expect(textOn(of('the sealed role, to be reviewed'))).toContain(
    'Hotwork issued nothing: the role was taken in AWS itself.',
  )
})

test("an opening's degraded card can still end it", () => {
  const { text, blocks } = cardOf(of('open'))
  const { card, complaints } = degradeCard({ text, blocks: [...blocks, { type: 'nonsense' }] })
  expect(complaints).not.toEqual([])
  expect(buttonsOf(card)).toEqual(['end_opening', 'read'])
  expect(titleOf(card)).toContain('BREAK-GLASS OPEN')
})

test("an opening's buttons carry ids alone", () => {
  for (const name of ['open', 'ended by the person']) {
    const { state } = of(name)
    const values = JSON.stringify(cardOf(of(name)).blocks).match(/"value":"(?:[^"\\]|\\.)*"/g)
    expect(values).toEqual([`"value":${JSON.stringify(JSON.stringify({ r: state.ask.id }))}`])
  }
})

const notices: readonly Notice[] = [
  { notice: 'opened', at: 0 },
  { notice: 'ending', at: 0 },
  { notice: 'ended', at: 0 },
  { notice: 'review_due', at: 0 },
  { notice: 'review_overdue', at: 0, attempt: 1 },
  { notice: 'review_overdue', at: 0, attempt: 3 },
  { notice: 'reviewed', at: 0 },
]
const hearers = ['channel', 'holder', 'skipped', 'told', 'reviewer'] as const

test("a drill is marked in its card's title and body and in every notice, and only a drill is", () => {
  for (const name of drawn.keys()) {
    const isDrill = name.includes('drill')
    const { state } = of(name)
    expect(headlineOf(of(name)).includes('DRILL')).toBe(isDrill)
    expect(textOn(of(name)).includes('This is a DRILL: ')).toBe(isDrill)
    expect(cardOf(of(name)).text.includes('DRILL')).toBe(isDrill)
    for (const notice of notices)
      for (const because of hearers)
        for (const first of [true, false]) {
          const said = renderNotice(notice, state, { because, mayReview: true, first }, bundle, { page })
          expect(complaintsOf(said)).toEqual([])
          expect(wordsOf(said.blocks).startsWith('DRILL: ')).toBe(isDrill)
          expect(said.text.startsWith('DRILL: ')).toBe(isDrill)
        }
  }
})

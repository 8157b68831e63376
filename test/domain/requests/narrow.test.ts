import fc from 'fast-check'
import { canonicalForm } from '../../../functions/domain/digest.ts'
import type { Ask } from '../../../functions/domain/record/request.ts'
import { requestDigest } from '../../../functions/domain/record/request-digest.ts'
import {
  isNarrower,
  keptStage,
  mostNarrowings,
  type Narrow,
  narrowedTerms,
} from '../../../functions/domain/requests/narrow.ts'
import type { JsonObject } from '../../../functions/domain/values.ts'
import * as sample from '../../support/ask.ts'
import { Desk, live, type Story } from '../story.ts'

/** A request to reserve up to ten executions for a function, with four uses of a quarter of an hour. */
const ask = sample.sampleAsk({
  action: 'lambda:PutFunctionConcurrency',
  arguments: { FunctionName: 'checkout-worker', ReservedConcurrentExecutions: 10 },
  resource: { type: 'lambda:function', id: 'arn:aws:lambda:us-east-1:000000000000:function:checkout-worker' },
  uses: 4,
  credential: 'token',
})
const five: Narrow = { arguments: { ReservedConcurrentExecutions: 5 } }
const narrower = sample.less(ask, five)
const narrowable = ['ReservedConcurrentExecutions']
const strong = { login: { acr: 'strong', at: sample.submittedAt } }

type Changes = Parameters<typeof sample.decision>[3]
const approve = (name: string, changes: Changes = {}) => sample.decision(ask, name, 'approve', changes)
/** A narrowing to five of the ten executions. */
const narrow = (name: string, tier: number, changes: Changes = {}, less = five, found = {}) =>
  approve(name, { narrowed: sample.narrowing(ask, less, tier, found), ...changes })
/** A decision on the narrower request. */
const then = (name: string, verdict: 'approve' | 'deny' = 'approve', changes: Changes = {}) =>
  sample.decision(narrower, name, verdict, { round: 2, ...changes })

const json = fc.jsonValue({ maxDepth: 2 })
const number = fc.integer({ min: -100, max: 100 })
const someAsk = fc
  .record({
    arguments: fc.record({ count: number, size: number, name: fc.string(), open: json }),
    uses: fc.integer({ min: 1, max: 9 }),
    lifetime: fc.integer({ min: 1, max: 9_000 }),
  })
  .map((terms) => sample.sampleAsk(terms as never))
const sensible: fc.Arbitrary<Narrow> = fc.record(
  {
    arguments: fc.record({ count: number, size: number }, { requiredKeys: [] }) as fc.Arbitrary<JsonObject>,
    uses: number,
    minutes: number,
  },
  { requiredKeys: [] },
)
const wild: fc.Arbitrary<Narrow> = fc.record(
  {
    arguments: fc.dictionary(
      fc.constantFrom('count', 'size', 'name', 'open', 'other', '__proto__', 'toString'),
      fc.oneof(number, json),
    ) as fc.Arbitrary<JsonObject>,
    uses: fc.oneof(number, fc.double()),
    minutes: fc.oneof(number, fc.double()),
  },
  { requiredKeys: [] },
)
const someNarrow = fc.oneof(sensible, wild)

test('an accepted narrowing raises nothing and lowers something', () => {
  let taken = 0
  fc.assert(
    fc.property(someAsk, someNarrow, (before, left) => {
      const terms = narrowedTerms(before, left)
      if (!isNarrower(before, terms, ['count', 'size']).ok) return
      taken += 1
      expect(Object.keys(terms.arguments).sort()).toEqual(Object.keys(before.arguments).sort())
      const [was, is] = [before.arguments, terms.arguments] as { [name: string]: number }[]
      for (const name of ['name', 'open'])
        expect(canonicalForm(is?.[name] as never)).toBe(canonicalForm(was?.[name] as never))
      for (const name of ['count', 'size']) expect(is?.[name]).toBeLessThanOrEqual(was?.[name] as number)
      expect([terms.uses, terms.lifetime].every((n) => Number.isSafeInteger(n) && n >= 1)).toBe(true)
      expect(terms.uses).toBeLessThanOrEqual(before.uses)
      expect(terms.lifetime).toBeLessThanOrEqual(before.lifetime)
      expect(canonicalForm(terms as never)).not.toBe(
        canonicalForm({ arguments: before.arguments, uses: before.uses, lifetime: before.lifetime } as never),
      )
    }),
    { numRuns: 3_000 },
  )
  expect(taken).toBeGreaterThan(20)
})

test('a narrowing that raises a term is refused, however much it lowers others', () => {
  const more = fc.constantFrom<(before: Ask) => Narrow>(
    (before) => ({ uses: before.uses + 1 }),
    (before) => ({ minutes: Math.floor(before.lifetime / 60) + 1 }),
    ({ arguments: { count } }) => ({ arguments: { count: (count as number) + 1 } }),
    () => ({ arguments: { other: 1 } }),
    ({ arguments: { name } }) => ({ arguments: { name: `${name}x` } }),
  )
  fc.assert(
    fc.property(someAsk, more, fc.constantFrom<Narrow>({}, { uses: 1 }), (before, widen, rest) => {
      const wider = widen(before)
      const left = { ...rest, ...wider, arguments: { size: -100, ...wider.arguments } }
      expect(isNarrower(before, narrowedTerms(before, left), ['count', 'size'])).toMatchObject({
        ok: false,
        code: 'not_narrower',
      })
    }),
  )
})

test.each<[rule: string, left: Narrow, says: string | undefined]>([
  ['less of a narrowable argument', five, undefined],
  ['fewer uses', { uses: 1 }, undefined],
  ['fewer minutes', { minutes: 5 }, undefined],
  ['more of an argument', { arguments: { ReservedConcurrentExecutions: 11 } }, 'ReservedConcurrentExecutions'],
  ['a text in place of a number', { arguments: { ReservedConcurrentExecutions: '5' } }, 'Reserved'],
  ['an argument that may not be narrowed', { arguments: { FunctionName: 'other' } }, 'FunctionName'],
  ['an argument that was not asked for', { arguments: { Qualifier: 1 } }, 'Qualifier'],
  ['no change', { uses: 4, minutes: 15 }, 'nothing is narrower'],
  ['no uses', { uses: 0 }, 'uses'],
  ['half a use', { uses: 1.5 }, 'uses'],
  ['no minutes', { minutes: 0 }, 'minutes'],
  ['more uses', { ...five, uses: 5 }, 'uses'],
  ['more minutes', { ...five, minutes: 16 }, 'minutes'],
])('a narrowing with %s is judged', (_rule, left, says) => {
  expect(isNarrower(ask, narrowedTerms(ask, left), narrowable)).toEqual(
    says === undefined
      ? { ok: true, value: true }
      : { ok: false, code: 'not_narrower', detail: expect.stringContaining(says) },
  )
})

test.each<[rule: string, left: Narrow, says: string | undefined]>([
  ['items taken out', { arguments: { Ids: ['b'] } }, undefined],
  ['items taken out by their place', { without: { Ids: [0, 2, 9] } }, undefined],
  ['all items taken out', { without: { Ids: [0, 1, 2] } }, undefined],
  ['an item that was not asked for', { arguments: { Ids: ['d'] } }, 'Ids'],
  ['items in another order', { arguments: { Ids: ['c', 'a'] } }, 'Ids'],
  ['an item twice', { arguments: { Ids: ['a', 'a'] } }, 'Ids'],
  ['the same items', { arguments: { Ids: ['a', 'b', 'c'] } }, 'nothing is narrower'],
  ['no place of a list', { without: { Ids: [] } }, 'nothing is narrower'],
  ['a place of something else', { without: { Share: [0] } }, 'Share'],
  ['a place of a stranger', { without: { toString: [0] } }, 'toString'],
  ['a lower decimal', { arguments: { Share: 0.4999 } }, undefined],
  ['a higher decimal', { arguments: { Share: 0.5001 } }, 'Share'],
])('a narrowing of a list or decimal with %s is judged', (_rule, left, says) => {
  const asked = sample.sampleAsk({ ...ask, arguments: { Ids: ['a', 'b', 'c'], Share: 0.5 } })
  expect(isNarrower(asked, narrowedTerms(asked, left), ['Ids', 'Share'])).toEqual(
    says === undefined
      ? { ok: true, value: true }
      : { ok: false, code: 'not_narrower', detail: expect.stringContaining(says) },
  )
})

const stories: readonly Story[] = [
  ['a narrowing by the only approver approves the narrower request', 1, [1, narrow('ana', 1), 'approved']],
  [
    "the narrower's approval counts in their stage, and the next one is asked about the narrower request",
    2,
    [1, narrow('ana', 2), 'pending'],
    [2, then('ana'), '!already_decided'],
    [3, then('cleo'), 'approved'],
  ],
  [
    'a narrowing at a later stage asks the first one again, and not the later one',
    2,
    [1, approve('ana'), 'pending'],
    [2, narrow('cleo', 2), 'pending'],
    [3, then('cleo', 'approve', { stage: 'sre' }), '!already_decided'],
    [4, then('ben'), 'approved'],
  ],
  [
    'a person whose approval was dropped may approve the narrower request',
    2,
    [1, approve('ana'), 'pending'],
    [2, narrow('cleo', 2), 'pending'],
    [3, then('ana'), 'approved'],
  ],
  [
    'a person whose approval counts narrows no further',
    2,
    [1, narrow('ana', 2), 'pending'],
    [2, then('ana', 'approve', { narrowed: sample.narrowing(narrower, { uses: 1 }, 2) }), '!already_decided'],
  ],
  [
    'another person may narrow it further',
    3,
    [1, approve('ana'), 'pending'],
    [2, narrow('sam', 3, strong), 'pending'],
    [3, then('ben', 'approve', { narrowed: sample.narrowing(narrower, { uses: 1 }, 3) }), 'pending'],
    [4, then('sam', 'approve', strong), '!stale_round'],
  ],
  [
    'a decision on the ask before a narrowing is stale, an approval and a denial',
    2,
    [1, narrow('ana', 2), 'pending'],
    [2, approve('cleo'), '!stale_round'],
    [3, sample.decision(ask, 'cleo', 'deny'), '!stale_round'],
    [4, approve('cleo', { round: 2 }), '!stale_digest'],
    [5, then('cleo', 'approve', { round: 1 }), '!stale_round'],
  ],
  ['the narrower may deny what is left', 2, [1, narrow('ana', 2), 'pending'], [2, then('ana', 'deny'), 'denied']],
  ['a person who may not decide may not narrow', 2, [1, narrow('eve', 2), '!not_eligible']],
  ['an owner may not narrow', 2, [1, narrow('dora', 2), '!self_approval']],
  ['a person may not narrow before their turn', 2, [1, narrow('cleo', 2), '!stage_not_open']],
  [
    'a stage that needs a strong login needs one of the narrower',
    3,
    [1, approve('ana'), 'pending'],
    [2, narrow('sam', 3), '!insufficient_login'],
  ],
  [
    'a narrowing to no less is refused, and changes nothing',
    2,
    [1, approve('ana', { narrowed: { ok: false, code: 'not_narrower' } }), '!not_narrower'],
    [2, approve('ana', { narrowed: { ok: false, code: 'policy_denied' } }), '!policy_denied'],
    [3, approve('ana'), 'pending'],
  ],
  ['a narrowing to a lower rung is refused', 2, [1, narrow('ana', 1), '!not_narrower']],
  [
    'a narrowing to more of a term, or to another thing, is refused',
    1,
    ...[
      { uses: 5 },
      { lifetime: ask.lifetime + 1 },
      { claimWithin: ask.claimWithin + 1 },
      { action: 'ssm:PutParameter' },
      { resource: { type: 'lambda:function', id: 'another' } },
    ].map((more, at) => [at, narrow('ana', 1, {}, five, { ask: { ...narrower, ...more } }), '!not_narrower'] as const),
  ],
  ['an ended request is not narrowed', 1, [1, approve('ana'), 'approved'], [2, narrow('ben', 1), '!already_settled']],
  ['policy may deny a narrower request', 1, [1, narrow('ana', 1, { answer: sample.forbid }), 'denied']],
]

test.each(stories)('%s', (_rule, tier, ...steps) => void live(tier, ask, ...steps))

test('a narrowing has a new digest and the next round, and asks all others again', () => {
  const desk = live(
    3,
    ask,
    [1, approve('ana'), 'pending'],
    [2, approve('sam', strong), 'pending'],
    [3, narrow('siri', 3, strong), 'pending'],
  )
  const { state } = desk
  expect(desk.types.slice(-3)).toEqual(['Narrowed', 'Decided', 'StageOpened'])
  expect(desk.last('StageOpened')).toMatchObject({ stage: 'owner' })
  expect(state).toMatchObject({ round: 2, ask: narrower, tier: 3 })
  expect(state.ask.digest).toBe(requestDigest(state.ask))
  expect(state.ask.digest).not.toBe(ask.digest)
  expect(state.stages.map(({ terms, decisions }) => [terms.name, decisions.map((each) => each.person)])).toEqual([
    ['owner', []],
    ['security', [sample.person('siri')]],
  ])
})

test('a narrowing names its maker, its time and its changes', () => {
  const desk = live(2, ask, [7, narrow('ana', 2, {}, { ...five, uses: 1, minutes: 5 }), 'pending'])
  expect(desk.state.narrowings).toEqual([
    {
      by: sample.person('ana'),
      at: sample.submittedAt + 7,
      arguments: { ReservedConcurrentExecutions: { from: 10, to: 5 } },
      uses: { from: 4, to: 1 },
      lifetime: { from: 900, to: 300 },
    },
  ])
})

test('a narrowing names the policies of its new tier, and those that let the narrower decide', () => {
  const desk = live(2, ask, [1, narrow('ana', 2, {}, five, { policies: ['permit-less'] }), 'pending'])
  expect(desk.state.policies).toEqual(['permit-less'])
  expect(desk.last('Narrowed')).toMatchObject({ policies: ['permit-owner'], because: ['permit-less'] })
})

test('a narrowing gives no more time: a stage that opens again ends with the request', () => {
  // The owner has half an hour and ten minutes, sre twenty minutes: an hour in all.
  const desk = new Desk(2, ask)
  const decideBy = sample.submittedAt + sample.minutes(60)
  desk.tell(
    sample.minutes(39),
    approve('ana', { eligible: { ...sample.eligible, [sample.person('ana')]: ['on-call'] } }),
  )
  expect(desk.tell(sample.minutes(58), narrow('cleo', 2))).toBe('pending')
  expect(desk.state).toMatchObject({ status: 'pending', decideBy })
  expect(desk.last('StageOpened')).toMatchObject({ stage: 'owner', deadline: decideBy })
  expect(desk.tell(sample.minutes(60), then('ben'))).toBe('!already_settled')
  expect(desk.state).toMatchObject({ status: 'expired', expiredAt: decideBy })
})

test('a narrowing opens its first stage unescalated', () => {
  const desk = new Desk(2, ask)
  expect(desk.tell(sample.minutes(31), narrow('olga', 2))).toBe('pending')
  expect(desk.types.slice(-3)).toEqual(['Narrowed', 'Decided', 'StageOpened'])
  // The person asked after the escalation has decided; their approval counts, and the next stage is open.
  expect(desk.last('StageOpened')).toMatchObject({ stage: 'sre' })
  expect(desk.state.stages[0]).toMatchObject({ decisions: [{ as: 'on-call' }] })
  expect(desk.state.stages[0]?.escalatedAt).toBeUndefined()
})

test('a request is narrowed three times at most', () => {
  const wide: Ask = sample.sampleAsk({ uses: 9 })
  const desk = new Desk(2, wide)
  let asked = wide
  for (let time = 1; time <= mostNarrowings + 1; time++) {
    const uses = 9 - time
    const by = time % 2 === 1 ? 'ana' : 'cleo'
    const told = desk.tell(
      time,
      sample.decision(asked, by, 'approve', { round: time, narrowed: sample.narrowing(asked, { uses }, 2) }),
    )
    expect([time, told]).toEqual([time, time > mostNarrowings ? '!narrowed_too_often' : 'pending'])
    if (time <= mostNarrowings) asked = sample.less(asked, { uses })
  }
  expect(desk.state.ask.uses).toBe(6)
  expect(desk.tell(9, sample.decision(asked, 'cleo', 'approve', { round: 4 }))).toBe('approved')
})

test('a grant has the terms of the narrower request', () => {
  const once = sample.less(ask, { uses: 1, minutes: 5 })
  const desk = live(
    1,
    ask,
    [0, narrow('ana', 1, {}, { uses: 1, minutes: 5 }), 'approved'],
    [60, sample.intent('access_token', sample.credentialId(1)), 'approved'],
    [61, sample.issuance('access_token', sample.credentialId(1)), 'approved'],
    [62, sample.useBegin(sample.credentialId(1), 1), 'approved'],
    [63, sample.useBegin(sample.credentialId(1), 2), '!uses_exhausted'],
  )
  expect(desk.state.ask).toEqual(once)
  expect(desk.last('CredentialIssued')).toMatchObject({ notAfter: sample.submittedAt + 61 + 300 })
})

test('a higher rung after a narrowing starts at its first stage, and counts the narrower in theirs', () => {
  const desk = live(
    2,
    ask,
    [1, narrow('ana', 3), 'pending'],
    [2, then('ana'), '!already_decided'],
    [3, then('sam', 'approve', strong), 'pending'],
    [4, then('siri', 'approve', strong), 'approved'],
  )
  expect(desk.state.tier).toBe(3)
})

test("a higher rung without the narrower's stage may ask them again", () => {
  const facts = { eligible: { ...sample.eligible, [sample.person('cleo')]: ['sre', 'owner'] } }
  const desk = live(
    2,
    ask,
    [1, approve('ana'), 'pending'],
    [2, narrow('cleo', 3, facts), 'pending'],
    [3, then('cleo', 'approve', facts), 'pending'],
  )
  expect(desk.state.stages.map(({ decisions }) => decisions.length)).toEqual([1, 0])
})

test('a narrower does not count if they may not decide the narrower request', () => {
  const desk = live(1, ask, [1, narrow('ana', 2, {}, five, { eligible: ['sre'] }), 'pending'])
  expect(desk.types.slice(-2)).toEqual(['Narrowed', 'StageOpened'])
  expect(desk.state.stages.map(({ decisions }) => decisions.length)).toEqual([0, 0])
})

test('a narrower does not count at a stage of others that could escalate to theirs', () => {
  const stages = [
    sample.sampleStage('board', { onSilence: { escalateTo: 'owner', deadline: sample.minutes(10) } }),
    sample.sampleStage('owner'),
  ]
  expect(keptStage(stages, 'owner', 'owner')?.name).toBe('owner')
  expect(keptStage(sample.tiers[3] ?? [], 'sre', 'sre')).toBeUndefined()
  expect(keptStage(sample.tiers[3] ?? [], 'owner', 'on-call')).toBeUndefined()
  const desk = live(1, ask, [1, narrow('ana', 2, {}, five, { stages }), 'pending'])
  expect(desk.state.stages.map(({ decisions }) => decisions.length)).toEqual([0, 1])
  expect(desk.last('StageOpened')).toMatchObject({ stage: 'board' })
})

test.each([
  ['a stronger login', { acr: 'strong' }, '!insufficient_login'],
  ['a newer login', { maxAge: 60 }, '!insufficient_login'],
  ['a reason', { comment: 'required' as const }, '!comment_required'],
  ['the name of the resource', { typeTheName: true as const }, '!name_mismatch'],
])('a higher rung that needs %s needs it of the narrower', (_what, terms, told) => {
  const stages = [sample.sampleStage('owner', terms), sample.sampleStage('sre')]
  const desk = new Desk(1, ask)
  expect(desk.tell(1, narrow('ana', 2, {}, five, { stages }))).toBe(told)
  expect(desk.state).toMatchObject({ round: 1, tier: 1 })
  const met = { login: { acr: 'strong', at: sample.submittedAt }, comment: 'half will do', typed: 'checkout-worker' }
  expect(desk.tell(2, narrow('ana', 2, met, five, { stages }))).toBe('pending')
  expect(desk.state).toMatchObject({ round: 2, tier: 2 })
})

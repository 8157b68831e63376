import { writeFileSync } from 'node:fs'
import * as diff from '../../../policy-tools/verbs/diff.ts'
import { sampleBundle } from '../../support/world.ts'
import { runVerb } from '../run-verb.ts'
import { Copy, sampleDeployment, sampleFolder } from '../sample.ts'

/** `hotwork policy diff`: its exit codes, its document, and sides other than folders. */

const lowerTier = (copy: Copy) =>
  copy.edit('policies/agents.cedar', (text) => text.replace(/("prod-release"[^;]*)tier >= 2/, '$1tier >= 1'))

async function compared(
  change: (copy: Copy) => void,
  options: { accept?: boolean; json?: boolean; questions?: number } = {},
) {
  using copy = new Copy()
  change(copy)
  const now = copy.at('policies')
  const given = { old: sampleFolder, new: now, deployment: sampleDeployment, questions: 60, json: true, ...options }
  const { exit, out, err } = await runVerb(diff, given)
  return { exit, out, err, body: given.json ? JSON.parse(out) : undefined }
}

test('a widening change exits 6 with its policy and an example, and NEW is compared though its cases fail', async () => {
  const { exit, body } = await compared(lowerTier)
  expect(exit).toBe(6)
  expect(Object.keys(body)).toEqual(['widened', 'narrowed', 'other', 'cases'])
  expect(body.widened).toContainEqual({
    kind: 'tier_fell',
    file: 'agents.cedar',
    policy: 'prod-release',
    agent: 'agent:builder',
    action: 'ssm:PutParameter',
    from: 'tier 2 (two pairs of eyes)',
    to: 'tier 1 (owner)',
    example: expect.objectContaining({ ask: expect.anything(), expect: expect.objectContaining({ tier: 1 }) }),
  })
  expect(body.narrowed).toEqual([])
  expect(body.cases).toContainEqual(expect.objectContaining({ file: expect.stringMatching(/^cases\//) }))
})

test('a widening change exits 0 with --accept', async () => {
  expect(await compared(lowerTier, { accept: true })).toMatchObject({ exit: 0 })
})

test('the text for people has headings, the policy, its subject, and an example to paste', async () => {
  const { exit, out, err } = await compared(lowerTier, { json: false })
  expect(exit).toBe(6)
  expect(out).toMatch(/^Widened\n {2}agents\.cedar: prod-release: agent:builder.* for .*ssm:PutParameter/m)
  expect(out).toMatch(/^ {4}tier 2 \(two pairs of eyes\) → tier 1 \(owner\)\n {4}example: \{"name":/m)
  expect(out).toMatch(/^Cases of NEW that fail: \d+\n/m)
  expect(err).toMatch(/--accept/)
})

test('a list of failing cases ends after ten with the count of the rest', async () => {
  const withoutPermits = (copy: Copy) =>
    copy.edit('policies/agents.cedar', (text) => text.replace(/== "prod"/g, '== "nowhere"'))
  const { out } = await compared(withoutPermits, { json: false })
  const [, counted] = /^Cases of NEW that fail: (\d+)\n/m.exec(out) ?? []
  const [, rest] = /^ {2}and (\d+) more: `policy check` lists them all$/m.exec(out) ?? []
  expect(out.match(/^ {2}cases\/.*: case /gm)).toHaveLength(10)
  expect(Number(rest)).toBe(Number(counted) - 10)
})

test('prove.json is compared: fewer environments that need people and more standby policies widen', async () => {
  using strict = new Copy()
  const said = (file: object) => (copy: Copy) => copy.add('policies/prove.json', JSON.stringify(file))
  said({ people: ['prod'], standby: [] })(strict)
  using loose = new Copy()
  said({ people: [], standby: ['prod-flags'] })(loose)
  const given = { deployment: sampleDeployment, json: true, questions: 60 }
  const [old, now] = [strict.at('policies'), loose.at('policies')]
  const forth = await runVerb(diff, { ...given, old, new: now })
  const back = await runVerb(diff, { ...given, old: now, new: old })
  const kinds = ({ out }: { out: string }, of: 'widened' | 'narrowed') =>
    JSON.parse(out)[of].map(({ file, kind }: { file: string; kind: string }) => [file, kind])
  const both = [
    ['prove.json', 'prove_people'],
    ['prove.json', 'prove_standby'],
  ]
  expect([forth.exit, kinds(forth, 'widened')]).toEqual([6, both])
  expect([back.exit, kinds(back, 'narrowed'), kinds(back, 'widened')]).toEqual([0, both, []])
})

describe('what widens under seven rare facts together', () => {
  const rare = (tier: number) => (copy: Copy) =>
    copy.edit(
      'policies/limits.cedar',
      (text) => `${text}
@id("rare")
forbid (principal, action == Hotwork::Action::"ssm:PutParameter", resource)
when {
  context.recent == 7 && context.ambient == "allowed" && context.task == "unknown" && !context.justified &&
  context.record.refused == 9 && context.record.night == 4 && context.purpose == "maintenance" &&
  context.approval.tier < ${tier}
};
`,
    )
  const rareCase = (tier: number, change: object = {}) => {
    const args = { Name: '/staging/checkout/max-retries', Value: '5', Overwrite: true }
    const ask = { agent: 'agent:remediator', action: 'ssm:PutParameter', arguments: args, purpose: 'maintenance' }
    const facts = { recent: 7, ambient: 'allowed', task: 'unknown', justified: false, record: { refused: 9, night: 4 } }
    const below = tier === 3 ? ['rare'] : ['a-host-that-could-do-it-alone', 'rare']
    const expected = { tier, policies: ['staging-remediation'], below }
    const all = { name: 'rare facts together', ask: { ...ask, ...facts, ...change }, expect: expected }
    return JSON.stringify({ cases: [all] })
  }
  async function diffed(cases: { old?: string; new?: string }) {
    using old = new Copy()
    rare(3)(old)
    using now = new Copy()
    rare(2)(now)
    if (cases.old) old.add('policies/cases/rare.json', cases.old)
    if (cases.new) now.add('policies/cases/rare.json', cases.new)
    const given = { old: old.at('policies'), new: now.at('policies'), deployment: sampleDeployment, json: true }
    const { exit, out } = await runVerb(diff, { ...given, questions: 60 })
    return { exit, ...JSON.parse(out) }
  }
  const fell = [
    expect.objectContaining({
      kind: 'tier_fell',
      policy: 'rare',
      agent: 'agent:remediator',
      example: expect.anything(),
    }),
  ]

  test.each([
    ['NEW', { new: rareCase(2) }],
    ['OLD', { old: rareCase(3) }],
  ])('a widening under seven rare facts is told with an example if a case of %s has them', async (_, cases) => {
    expect(await diffed(cases)).toMatchObject({ exit: 6, widened: fell })
  })

  test('a widening under seven rare facts without a case is told as a rewritten policy', async () => {
    const { other } = await diffed({})
    expect(other).toContainEqual(expect.objectContaining({ kind: 'policy_written_otherwise', policy: 'rare' }))
  })
})

test('a new right of a person is told even under facts that only a case of NEW combines', async () => {
  const late = (hours: number) => (copy: Copy) =>
    copy.edit(
      'policies/people.cedar',
      (text) => `${text}
@id("rare-lift")
forbid (principal == Hotwork::Person::"person:hana", action == Hotwork::Action::"lift", resource)
when { context.now.offset(duration("-${hours}h")).toDate() == datetime("2031-03-04") };
`,
    )
  using old = new Copy()
  late(10)(old)
  using now = new Copy()
  late(11)(now)
  const lifted = { name: 'late', person: 'person:hana', does: 'lift', now: '2031-03-04T10:30:00Z' }
  const expected = { permit: true, policies: ['security-lifts'] }
  now.add('policies/cases/rare.json', JSON.stringify({ cases: [{ ...lifted, expect: expected }] }))
  const given = { old: old.at('policies'), new: now.at('policies'), deployment: sampleDeployment, json: true }
  const { exit, out } = await runVerb(diff, { ...given, questions: 60 })
  expect(exit).toBe(6)
  expect(JSON.parse(out).widened).toContainEqual(
    expect.objectContaining({
      person: 'person:hana',
      action: 'lift',
      example: expect.objectContaining({ now: '2031-03-04T10:30:00.000Z' }),
    }),
  )
})

test("an answer changed by a window's hours is attributed to calendar.json, for agents and people", async () => {
  const byDay = (copy: Copy) =>
    copy.edit(
      'policies/people.cedar',
      (text) =>
        `${text}\n@id("security-lifts-by-day")\nforbid (principal, action == Hotwork::Action::"lift", resource)\nunless { context.windows.contains("business-hours") };\n`,
    )
  using old = new Copy()
  byDay(old)
  using longer = new Copy()
  byDay(longer)
  longer.edit('policies/calendar.json', (text) => text.replace('09:00-17:00', '08:00-20:00'))
  const given = { old: old.at('policies'), new: longer.at('policies'), deployment: sampleDeployment, questions: 60 }
  const { exit, out } = await runVerb(diff, { ...given, json: true })
  const { widened } = JSON.parse(out)
  expect(exit).toBe(6)
  expect(widened).toContainEqual(
    expect.objectContaining({ file: 'calendar.json', agent: 'agent:builder', action: 'flags:set' }),
  )
  expect(widened).toContainEqual(
    expect.objectContaining({ file: 'calendar.json', person: 'person:gus', action: 'lift' }),
  )
  expect(widened.map(({ file }: { file: string }) => file)).not.toContain('directory.json')
})

const oncall = (copy: Copy) =>
  copy.edit('policies/people.cedar', (text) =>
    text.replace(
      'permit (principal, action == Hotwork::Action::"ask", resource);',
      'permit (principal in Hotwork::Group::"on-call", action == Hotwork::Action::"ask", resource);',
    ),
  )
const asks = (all: { action?: string; person?: string }[]) =>
  all.flatMap(({ action, person }) => (action === 'ask' ? [person] : []))

test('a change of the people who may ask for an agent is told in its direction, only for people who answer for it', async () => {
  const { exit, body } = await compared(oncall)
  expect([exit, body.widened]).toEqual([0, []])
  expect(asks(body.narrowed)).toContain('person:lena')
  expect(body.narrowed).toContainEqual(
    expect.objectContaining({
      kind: 'person_may_not',
      file: 'people.cedar',
      policy: 'who-answers-for-an-agent-asks-for-it',
      action: 'ask',
      from: expect.stringMatching(/^may ask on its behalf for \S+ of agent:/),
    }),
  )
  using old = new Copy()
  oncall(old)
  const given = { old: old.at('policies'), new: sampleFolder, deployment: sampleDeployment, questions: 60 }
  const { exit: wider, out } = await runVerb(diff, { ...given, json: true })
  const { widened } = JSON.parse(out)
  expect(wider).toBe(6)
  expect(asks(widened)).toContain('person:lena')
  // Ben answers for no agent, so policy cannot let him ask.
  expect(asks(widened)).not.toContain('person:ben')
})

test('a period of a freeze is named by its beginning, without fractions of a second', async () => {
  const shorter = (copy: Copy) =>
    copy.edit('policies/calendar.json', (text) => text.replace('2025-12-02T08:00', '2025-12-01T08:00'))
  const { out } = await compared(shorter, { json: false, questions: 1 })
  expect(out).toMatch(/freezes › black-friday › 2025-11-26T23:00:00Z › until: /)
})

test('the reverse of a widening is narrowed, and exits 0', async () => {
  using copy = new Copy()
  lowerTier(copy)
  const given = { old: copy.at('policies'), new: sampleFolder, deployment: sampleDeployment, json: true }
  const { exit, out } = await runVerb(diff, { ...given, questions: 60 })
  expect({ exit, ...JSON.parse(out) }).toMatchObject({
    exit: 0,
    widened: [],
    narrowed: expect.arrayContaining([expect.objectContaining({ kind: 'tier_rose', policy: 'prod-release' })]),
    cases: [],
  })
})

test('a side that does not compile is named, with its problems', async () => {
  const { exit, err } = await compared((copy) => copy.remove('policies/ladder.json'), { json: false })
  expect(exit).toBe(1)
  expect(err).toMatch(/^NEW does not compile:\n.*ladder\.json/)
})

test('a compiled bundle is compared with a folder', async () => {
  using copy = new Copy()
  lowerTier(copy)
  const old = copy.at('bundle.json')
  writeFileSync(old, JSON.stringify(sampleBundle()))
  const { exit, out } = await runVerb(diff, { old, new: copy.at('policies'), json: true, questions: 60 })
  const { widened } = JSON.parse(out)
  expect([exit, new Set(widened.map(({ policy }: { policy?: string }) => policy))]).toEqual([
    6,
    new Set(['prod-release']),
  ])
})

test('a rewritten or renamed policy without changed answers is told under other', async () => {
  const { exit, body } = await compared((copy) =>
    copy.edit('policies/people.cedar', (text) =>
      text
        .replace('@id("security-lifts")', '@id("security-may-lift")')
        .replace(
          'context.stage == "owner" && principal in resource.ownedBy',
          'principal in resource.ownedBy && context.stage == "owner"',
        ),
    ),
  )
  expect(exit).toBe(0)
  expect(body).toMatchObject({
    widened: [],
    narrowed: [],
    other: [
      { kind: 'policy_renamed', file: 'people.cedar', policy: 'security-may-lift', from: '`security-lifts`' },
      { kind: 'policy_written_otherwise', file: 'people.cedar', policy: 'owners-decide-on-what-is-theirs' },
    ],
  })
})

const rare =
  'context.delegationDepth == 2 && context.recent == 17 && context.record.asked == 9 && context.record.night == 4'
const permit = `@id("rarely")\npermit (principal is Hotwork::Agent, action == Hotwork::Action::"flags:set", resource)
when { ${rare} && context.record.denied == 3 && context.record.refused == 5 };\n`
const edited = (file: string, from: string | RegExp, to: string) => (copy: Copy) =>
  copy.edit(`policies/${file}`, (text) => text.replace(from, to))

test.each([
  ['a new permit', 'policy_added', 'rarely', (copy: Copy) => copy.add('policies/rarely.cedar', permit)],
  [
    'a removed forbid',
    'policy_removed',
    'orchestrators-change-nothing',
    (copy: Copy) => {
      edited('limits.cedar', /@id\("orchestrators-change-nothing"\)[^;]*;/, '')(copy)
      copy.editJson('policies/prove.json', (file) => delete file.standby)
    },
  ],
  [
    'a forbid that is only observed',
    'policy_removed',
    'orchestrators-change-nothing',
    edited('limits.cedar', /@id\("orchestrators-change-nothing"\)/, '$&\n@observe("true")'),
  ],
  [
    'a policy that compares with another value',
    'policy_written_otherwise',
    'prod-flags',
    edited('agents.cedar', /("prod-flags"[^;]*)(context\.approval\.tier >= 1)/, `$1($2 || (${rare}))`),
  ],
  [
    'a policy that asks for more here and, where few questions are, for less',
    'policy_written_otherwise',
    'prod-flags',
    edited(
      'agents.cedar',
      /("prod-flags"[^;]*)(context\.approval\.tier >= 1)/,
      `$1(context.approval.tier >= 3 || (${rare}))`,
    ),
  ],
])('an unasked change that could widen counts as wider: %s', async (_rule, kind, policy, change) => {
  const { exit, body } = await compared(change)
  expect([exit, body.widened]).toEqual([6, [expect.objectContaining({ kind, policy })]])
})

test('a permit that only asks for more than before is no wider, even if it reads a new fact', async () => {
  const { exit, body } = await compared((copy) =>
    copy.edit('policies/agents.cedar', (text) =>
      text.replace(/("prod-flags"[^;]*)(context\.approval\.tier >= 1)/, '$1$2 && context.record.denied < 7'),
    ),
  )
  expect([exit, body.widened]).toEqual([0, []])
})

test("a policy author's text is printed without a terminal's escapes", async () => {
  const { out } = await compared(
    (copy) =>
      copy.editJson('policies/cases/staging.json', ({ cases }) => {
        cases[0].name = '\u001b[2Jnothing\u202e'
        cases[0].expect = { refused: 'policy_denied' }
      }),
    { json: false },
  )
  expect(out).toContain('[U+001B][2Jnothing[U+202E]')
  expect(['\u001b', '\u202e'].filter((each) => out.includes(each))).toEqual([])
})

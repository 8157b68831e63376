import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { Change, Changes } from '../../../policy-tools/change/change.ts'
import { diffFiles } from '../../../policy-tools/change/diff-files.ts'
import {
  agent,
  calendar,
  cards,
  changed,
  files,
  frozenSample,
  type Json,
  opens,
  rule,
  ruleOf,
  sample,
  seconds,
  tier,
} from './file-differences.ts'

const kinds = (changes: readonly Change[]) => changes.map(({ kind }) => kind).toSorted()
const byDirection = ({ widened, narrowed, other }: Changes) =>
  Object.fromEntries(
    Object.entries({ widened: kinds(widened), narrowed: kinds(narrowed), other: kinds(other) }).filter(
      ([, found]) => found.length > 0,
    ),
  )

describe.each([
  ...files.map(([file, rows]) => ({ file, rows, base: sample })),
  { file: 'calendar.json', rows: calendar, base: frozenSample },
])('$file', ({ rows, base }) => {
  test.each(rows)('%s', (_rule, change, told) => {
    expect(byDirection(diffFiles(base, changed(change, base)))).toEqual(told)
  })

  test.each(rows)('the reverse swaps the directions: %s', (_rule, change) => {
    const other = changed(change, base)
    const [forth, back] = [diffFiles(base, other), diffFiles(other, base)]
    expect(kinds(back.widened)).toEqual(kinds(forth.narrowed))
    expect(kinds(back.narrowed)).toEqual(kinds(forth.widened))
    expect(kinds(back.other)).toEqual(kinds(forth.other))
  })
})

const tags = {
  type: 'array',
  maxItems: 5,
  items: {
    type: 'object',
    additionalProperties: false,
    properties: { Key: { type: 'string', maxLength: 9 }, Count: { type: 'number', minimum: 0, maximum: 1.5 } },
    required: ['Key'],
  },
}
const tagged = (change: (schema: Json) => void) =>
  changed(({ actions }) => {
    const schema = structuredClone(tags)
    change(schema)
    actions['ssm:PutParameter'].arguments.properties.Tags = schema
  })

test.each<[rule: string, change: (schema: Json) => void, told: { [direction: string]: readonly string[] }]>([
  ['a longer list widens', (it) => (it.maxItems = 6), { widened: ['argument_bounds'] }],
  ['a list whose items are unique narrows', (it) => (it.uniqueItems = true), { narrowed: ['argument_bounds'] }],
  [
    'a higher decimal in an item widens',
    (it) => (it.items.properties.Count.maximum = 2),
    { widened: ['argument_bounds'] },
  ],
  ['a member more widens', (it) => (it.items.properties.On = { type: 'boolean' }), { widened: ['argument'] }],
  ['a member that may be left out widens', (it) => (it.items.required = []), { widened: ['argument_required'] }],
])('%s, as for an argument', (_rule, change, told) => {
  const before = tagged(() => {})
  expect(byDirection(diffFiles(before, tagged(change)))).toEqual(told)
})

/** Each leaf of a JSON value, with a changed value for it. */
function* leavesOf(value: Json, path: readonly (string | number)[] = []): Generator<[(string | number)[], Json]> {
  if (typeof value === 'object' && value !== null) {
    for (const [name, each] of Object.entries(value)) yield* leavesOf(each, [...path, name])
  } else if (typeof value === 'boolean') yield [[...path], !value]
  else yield [[...path], typeof value === 'number' ? value + 1 : `${value}x`]
}

function withLeaf(path: readonly (string | number)[], leaf: Json): Bundle {
  return changed((bundle) => {
    const holder = path.slice(0, -1).reduce((of: Json, name) => of[name], bundle)
    holder[path.at(-1) as string] = leaf
  })
}

const count = ({ widened, narrowed, other }: Changes) => widened.length + narrowed.length + other.length

const { hash: _, policies: __, schema: ___, models: ____, ...rest } = sample
test.each(Object.keys(rest))('a changed leaf of `%s` is told', (member) => {
  const leaves = [...leavesOf(sample[member as keyof Bundle], [member])]
  const silent = leaves.filter(([path, leaf]) => count(diffFiles(sample, withLeaf(path, leaf))) === 0)
  expect(silent.map(([path]) => path.join('.'))).toEqual([])
  expect(leaves.length).toBeGreaterThan(0)
})

test('an unknown member of a newer version is told', () =>
  expect(
    diffFiles(
      sample,
      changed((it) => {
        it.moons = ['full']
      }),
    ).other,
  ).toHaveLength(1))

test('a newly observed policy is told', () =>
  expect(
    diffFiles(
      sample,
      changed((it) => {
        it.observed = { 'flags:set': { later: 'forbid (principal, action, resource);' } }
      }),
    ).other,
  ).toEqual([
    {
      kind: 'observed_policy',
      file: '*.cedar',
      policy: 'later',
      from: 'later: none',
      to: '`forbid (principal, action, resource);`',
    },
  ]))

test('the same bundle has no difference', () => expect(count(diffFiles(sample, structuredClone(sample)))).toBe(0))

const { workloads } = sample.deployment.issuers
const spiffe = { ...workloads, kind: 'spiffe' }
const told = (kind: object, from: number | undefined, to: number | undefined) => {
  const [before, after] = [from, to].map((maxAge) =>
    changed((it) => {
      it.deployment.issuers.workloads = { ...kind, ...(maxAge !== undefined && { maxAge }) }
    }),
  ) as [Bundle, Bundle]
  return byDirection(diffFiles(before, after))
}
test.each<[string, Parameters<typeof told>, object]>([
  ['leaving out 5 minutes widens', [workloads as object, 300, undefined], { widened: ['issuer'] }],
  ['writing 5 minutes narrows', [workloads as object, undefined, 300], { narrowed: ['issuer'] }],
  ['writing the usual hour changes nothing', [workloads as object, undefined, 3600], {}],
  ['5 minutes to a day only widens', [workloads as object, 300, 86_400], { widened: ['issuer'] }],
  ['leaving out a minute for SVIDs widens', [spiffe, 60, undefined], { widened: ['issuer'] }],
  ['writing an hour for SVIDs widens', [spiffe, undefined, 3600], { widened: ['issuer'] }],
  ['writing the usual 5 minutes for SVIDs changes nothing', [spiffe, undefined, 300], {}],
])("the greatest age of an issuer's tokens has a default: %s", (_rule, given, directions) => {
  expect(told(...given)).toEqual(directions)
})

test("the greatest age of an issuer's tokens is told as a length of time", () => {
  const to = changed((it) => {
    it.deployment.issuers.workloads.maxAge = 300
  })
  expect(diffFiles(to, sample).widened).toMatchObject([{ to: '1 h', from: expect.stringMatching(/max age: 5 min$/) }])
})

test('a difference is told in words, with its file and the person or agent that it is about', () => {
  const { widened } = diffFiles(
    sample,
    changed((it) => {
      tier(it, 3).stages[1].quorum = 1
      tier(it, 3).stages[1].maxAge = 3600
      it.directory.groups.security.push('person:dan')
      agent(it, 'builder').recertifyBy = seconds(opens)
      ruleOf(it, cards).classification = 'confidential'
    }),
  )
  expect(widened).toEqual([
    { kind: 'quorum', file: 'ladder.json', from: 'tiers › 3 › stages › security › quorum: 2', to: '1' },
    { kind: 'login_age', file: 'ladder.json', from: 'tiers › 3 › stages › security › max age: 15 min', to: '1 h' },
    {
      kind: 'member',
      file: 'directory.json',
      person: 'person:dan',
      from: 'groups › security: without `person:dan`',
      to: 'with `person:dan`',
    },
    {
      kind: 'recertify_by',
      file: 'agents.json',
      agent: 'agent:builder',
      from: 'agent:builder › recertify by: 2027-05-29',
      to: '2031-12-31',
    },
    {
      kind: 'resource_classification',
      file: 'resources.json',
      from: expect.stringMatching(/^dynamodb:table › arn:.*payment-cards.* › classification: `restricted`$/),
      to: '`confidential`',
    },
  ])
})

test('the deployments are compared only where both sides have one', () => {
  const other = changed((it) => {
    it.deployment.accounts.target.accountId = '111111111111'
  })
  expect(count(diffFiles(sample, other, { deployment: false }))).toBe(0)
})

test('one rule that changed among three hundred is found soon', () => {
  const many = (bundle: Json) => {
    bundle.resources = Array.from({ length: 300 }, (_, n) => rule(`prod/service-${n}/*`))
    bundle.resources.push(rule('prod/*'))
  }
  const other = (bundle: Json) => {
    many(bundle)
    bundle.resources[150].classification = 'restricted'
  }
  expect(byDirection(diffFiles(changed(many), changed(other)))).toEqual({ narrowed: ['resource_classification'] })
})

test('a difference of an action names the file in which it stands', () => {
  const other = changed((it) => {
    it.actions['flags:set'].mutates = false
  })
  const fileOf = (action: string) => `actions/${action.replace(':', '.')}.json`
  expect(diffFiles(sample, other, { fileOf }).widened).toEqual([
    {
      kind: 'mutates',
      file: 'actions/flags.set.json',
      action: 'flags:set',
      from: 'flags:set › mutates: yes',
      to: 'no',
    },
  ])
})

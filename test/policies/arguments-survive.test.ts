import { digestOf as clientDigest } from '../../client/digest.ts'
import { CedarPolicy } from '../../functions/adapters/cedar/cedar-policy.ts'
import { withActions } from '../../functions/adapters/cedar/cedar-schema.ts'
import { packed, packedIn } from '../../functions/adapters/dynamodb/items.ts'
import { withHash } from '../../functions/adapters/policy-folder/compile-folder.ts'
import { readJson } from '../../functions/adapters/read-json.ts'
import { argumentRows } from '../../functions/domain/cards/request-words.ts'
import { argumentsDigest, canonicalForm } from '../../functions/domain/digest.ts'
import { type ArgumentSchema, branchesOf, forSchema, nestedIn } from '../../functions/domain/policy/arguments.ts'
import { findFacts, questionOf } from '../../functions/domain/policy/assess.ts'
import { CatalogueEntry, parseArguments } from '../../functions/domain/policy/catalogue.ts'
import { type AgentId, type Json, JsonObject } from '../../functions/domain/values.ts'
import { pick, seeded } from '../../policy-tools/change/random.ts'
import { compileSample } from './sample.ts'

/**
 * Values of random schemas, by a seed, on their whole way: wire, catalogue, digests of server and gate, record, card, policy.
 * `HOTWORK_VALUES=100000` takes as many; the default is a few seconds.
 */
const values = Number(process.env['HOTWORK_VALUES'] ?? 3_000)
const schemas = 60
const random = seeded(31)
const upTo = (most: number) => Math.floor(random() * (most + 1))
const names = ['a', 'in', 'Name', 'size_2', 'count', 'items', 'canonical', 'has', 'Z'] as const
const letters = ['a', 'Ω', '"', '\\', '\n', '💥', ' ', '{', '.', '[0]', '\u202e', '1'] as const
const text = (most: number) => Array.from({ length: upTo(most) }, () => pick(random, letters)).join('')
const decimal = () => (upTo(20_000) - 10_000) / pick(random, [1, 10, 100, 1_000, 10_000])

const described = <Schema extends object>(schema: Schema) => schema as unknown as ArgumentSchema
const closed = (level: number, more: object = {}) => {
  const own = names.filter(() => random() < 0.3)
  const properties = { ...Object.fromEntries(own.map((name) => [name, schemaAt(level + 1)])), ...more }
  const required = [...own.filter(() => random() < 0.5), ...Object.keys(more)]
  return { type: 'object', additionalProperties: false, properties, required: [...new Set(required)] }
}

/** Two branches with some of the same members each. */
const oneOf = ({ properties }: ReturnType<typeof closed>) => ({
  oneOf: ['stop', 'go'].map((kind) => {
    const own = Object.entries(properties).filter(() => random() < 0.7)
    const required = ['kind', ...own.flatMap(([name]) => (random() < 0.5 ? [name] : []))]
    return { ...closed(5), properties: { ...Object.fromEntries(own), kind: { const: kind } }, required }
  }),
})

function schemaAt(level: number): ArgumentSchema {
  const simple = [
    () => ({ type: 'string', maxLength: 40 }),
    () => ({ type: 'integer', minimum: -5, maximum: 2 ** 40 }),
    () => ({ type: 'number', minimum: -10_000, maximum: 10_000 }),
    () => ({ type: 'boolean' }),
    () => ({ type: ['string', 'number', 'boolean'], maxLength: 40 }),
    () => ({
      ...{ type: 'object', additionalProperties: true, maxProperties: 4 },
      propertyNames: { maxLength: 20 },
    }),
  ]
  const nested = [
    () => ({ type: 'array', maxItems: 1 + upTo(8), uniqueItems: random() < 0.3, items: schemaAt(level + 1) }),
    () => closed(level),
    () => oneOf(closed(level)),
  ]
  const made = pick(random, level < 5 ? [...simple, ...nested, ...nested] : simple)()
  return described(made)
}

/** Null beside the type of some arguments. */
const orNull = (schema: ArgumentSchema): ArgumentSchema =>
  'type' in schema && typeof schema.type === 'string' && random() < 0.2
    ? described({ ...schema, type: [schema.type, 'null'] })
    : schema

const json = (depth: number): Json =>
  pick<() => Json>(random, [
    () => text(5),
    () => upTo(9),
    () => null,
    () => (depth > 2 ? [] : [json(depth + 1)]),
    () => (depth > 2 ? {} : { [text(3)]: json(depth + 1) }),
  ])()

function valueFor(schema: ArgumentSchema): Json {
  if ('type' in schema && Array.isArray(schema.type) && schema.type.includes('null') && random() < 0.3) return null
  const members = ({ properties, required }: { properties: { [name: string]: ArgumentSchema }; required: string[] }) =>
    Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => required.includes(name) || random() < 0.5)
        .map(([name, each]) => [name, valueFor(each)]),
    )
  return forSchema<Json>(schema, {
    string: ({ enum: all }) => (all ? (all[0] as string) : text(12)),
    integer: () => upTo(1_000) - 5,
    number: decimal,
    boolean: () => random() < 0.5,
    scalar: () => pick<() => Json>(random, [() => text(9), decimal, () => true])(),
    map: () => Object.fromEntries(Array.from({ length: upTo(3) }, () => [text(4), json(0)])),
    list: ({ items, maxItems }) => Array.from({ length: upTo(maxItems) }, () => valueFor(items)),
    object: members,
    oneOf: (own) => members(pick(random, branchesOf(own)).schema),
  })
}

/** The value with one part replaced by something that may not fit. */
function spoilt(value: Json): Json {
  const other = () =>
    pick<Json>(random, [
      null,
      1e-7,
      922337203685477.6,
      0.00005,
      'x'.repeat(99),
      [],
      {},
      { kind: 'fly' },
      -99,
      Array(101).fill(1),
    ])
  if (typeof value !== 'object' || value === null || random() < 0.3) return other()
  const entries = Object.entries(value)
  if (entries.length === 0) return other()
  const at = upTo(entries.length - 1)
  const changed = entries.map(([name, each], index) => [name, index === at ? spoilt(each) : each] as const)
  return Array.isArray(value) ? changed.map(([, each]) => each) : Object.fromEntries(changed)
}

/** The value that the rows of a card say, read back from them. */
function readBack(rows: readonly { label: string; text: string }[]): Json {
  // biome-ignore lint/suspicious/noExplicitAny: a tree that grows by paths
  const root: any = {}
  for (const { label, text: leaf } of rows) {
    const path = label.replace(/ \(\d+ items\)$/, '').match(/\w+/g) ?? []
    path.reduce((holder, name, at) => {
      if (at === path.length - 1) holder[name] = readJson(leaf)
      else holder[name] ??= /^\d+$/.test(path[at + 1] ?? '') ? [] : {}
      return holder[name]
    }, root)
  }
  return root
}

const sample = compileSample()
const resource = { type: 'ssm:parameter', id: 'arn:aws:ssm:us-east-1:000000000000:parameter/prod/checkout/x' }
const base = sample.actions['flags:set']
const entries = Array.from({ length: schemas }, (_, at) =>
  CatalogueEntry.parse({
    ...base,
    ...{ name: `flags:op${at}`, title: 'Try it', narrowable: [], preview: undefined },
    resource: { type: 'flags:flag', id: 'prod/new-basket' },
    arguments: {
      ...{ type: 'object', additionalProperties: false },
      properties: { it: orNull(schemaAt(1)), more: orNull(schemaAt(1)) },
      required: ['it'],
    },
  }),
)

const { hash: _, ...content } = sample
const bundle = withHash({
  ...content,
  schema: withActions(sample.schema, [...Object.values(sample.actions), ...entries]),
  actions: { ...sample.actions, ...Object.fromEntries(entries.map((entry) => [entry.name, entry])) },
  policies: {
    ...sample.policies,
    ...Object.fromEntries(entries.map(({ name }) => [name, { all: 'permit (principal, action, resource);' }])),
  },
})
const policy = new CedarPolicy(bundle)
const agent = 'agent:remediator' as AgentId

/** The reason of its refusal, or undefined if it arrived everywhere as it was. */
function travel(entry: CatalogueEntry, args: JsonObject): string | undefined {
  const wire = JSON.stringify(args)
  const received = readJson(wire) as JsonObject
  const parsed = parseArguments(entry, received)
  if (!parsed.ok) return parsed.detail
  const whole = canonicalForm(args)
  const digest = argumentsDigest(entry.name, args, resource)
  const subject = { action: entry.name, arguments: received, resource }
  expect(clientDigest(subject, 'hotwork.arguments.v1')).toBe(digest)
  expect(canonicalForm(parsed.value)).toBe(whole)
  const item = { state: { B: packed(parsed.value) } }
  expect(canonicalForm(packedIn(item, 'state', JsonObject))).toBe(whole)
  const nested = nestedIn(entry.arguments) ?? []
  expect(canonicalForm(readBack(argumentRows({ arguments: parsed.value, nested })))).toBe(whole)
  const asked = { agent, action: entry.name, arguments: parsed.value, purpose: 'release' }
  const facts = findFacts(bundle, asked, 1_800_000_000)
  if (!facts.ok) throw new Error(facts.detail)
  const question = questionOf(facts.value, asked, { moment: 'use', tier: 0, now: 1_800_000_000 })
  expect(policy.ask(question)).toEqual({ permit: true, policies: ['all'] })
  return undefined
}

test('a value of a random schema arrives as it was, or is refused with the name of its field', () => {
  let arrived = 0
  let refused = 0
  for (let count = 0; count < values; count++) {
    const entry = entries[count % schemas] as CatalogueEntry
    const { properties } = entry.arguments
    const args = { it: valueFor(properties['it'] as ArgumentSchema) }
    const more = random() < 0.4 ? { more: valueFor(properties['more'] as ArgumentSchema) } : {}
    const whole: JsonObject = { ...args, ...more }
    const isSpoilt = random() < 0.4
    const given = isSpoilt ? { ...whole, it: spoilt(args.it) } : whole
    const why = travel(entry, given)
    if (why === undefined) arrived += 1
    else {
      refused += 1
      // Duplicates in a list of unique items are the only way in which a value that was not spoilt does not fit.
      expect(isSpoilt || why.includes('each item once')).toBe(true)
      expect(why).toMatch(/`(?:it|more)[.`]/)
    }
  }
  expect(arrived).toBeGreaterThan(values / 3)
  expect(refused).toBeGreaterThan(values / 10)
})

import fc from 'fast-check'
import type * as z from 'zod'
import { RegistryEvent } from '../../../functions/domain/agents/registry.ts'
import { VouchEvent } from '../../../functions/domain/break-glass/open.ts'
import { StreamEvent } from '../../../functions/domain/events/stream.ts'
import { HaltEvent } from '../../../functions/domain/halts/halt.ts'
import type { AnyEvent } from '../../../functions/domain/ledger/any-event.ts'
import { ErasedEvent } from '../../../functions/domain/ledger/erased.ts'
import { chainEntries, contextOf, noEntries, verify } from '../../../functions/domain/ledger/ledger.ts'
import {
  commitmentsIn,
  commitmentTo,
  isCommitment,
  personalInRequest,
  personalMembers,
  setTextsApart,
  withTextsAt,
  withTextsBeside,
} from '../../../functions/domain/ledger/texts.ts'
import { LinkEvent } from '../../../functions/domain/people/linking.ts'
import { StandInEvent } from '../../../functions/domain/people/stand-in.ts'
import { PermitEvent } from '../../../functions/domain/permits/permit.ts'
import { Event } from '../../../functions/domain/record/events.ts'
import { replay } from '../../../functions/domain/record/evolve.ts'
import type { ApprovalRequest } from '../../../functions/domain/record/request.ts'
import { bundle, person, sampleAsk, submittedAt } from '../../support/ask.ts'
import { MemorySalts } from '../../support/memory-salts.ts'
import { Desk } from '../story.ts'
import { anyWalk, walk } from '../walk.ts'

/**
 * Members that identify no person: names in policy and catalogue, ids, digests, addresses, and the ask, which people
 * decide on and which stays on record.
 */
const notPersonal: readonly string[] = [
  'ask/unpinned',
  // The role of a run, and its id at the target.
  ...['ask/runsAs', 'run'],
  // The registered entry of an agent.
  'ask/change/before',
  ...['action', 'arguments', 'resource', 'environment', 'classification', 'purpose'].map((name) => `ask/${name}`),
  ...['parentTask', 'incident/url', 'mcp'].map((name) => `ask/${name}`),
  ...['action', 'arguments', 'resource', 'environment', 'classification', 'unpinned', 'mcp'].map(
    (name) => `ask/steps/*/${name}`,
  ),
  // Arguments of the next ask, and those that were asked for before.
  ...['suggest', 'inherits/*/decisions/*/suggest', 'stages/*/decisions/*/suggest', 'ask/revision/changes'],
  // An agent's. A person's, in an opening, is in the table of personal texts.
  ...['ask/agent/issuer', 'ask/agent/subject', 'ask/chain'],
  ...['rights', 'incident', 'budgetKey', 'profile'].map((name) => `ask/breakGlass/${name}`),
  ...['terms', 'decisions/*/as', 'decisions/*/login', 'decisions/*/given'].map((name) => `inherits/*/${name}`),
  ...['bundle', 'policies', 'mcp', 'stages', 'stage', 'given', 'as', 'to', 'login', 'because', 'extra', 'preview'],
  ...['observed', 'session/role', 'key', 'tool', 'attempted', 'action', 'resource', 'parentTask', 'target/value'],
  ...['account/team', 'arguments', 'environment', 'purpose', 'budgetKey', 'request', 'commit'],
  // Arguments that a standing permit covers.
  'shape',
  // The content of the files, without names and identities of people.
  ...['registration', 'from'],
]
/** Texts by Hotwork itself, or by a system. */
const byHotwork: readonly string[] = ['UseReturned/reason', 'Refused/reason', 'RunEnded/note']

const unions: readonly z.ZodType[] = [
  ...[Event, HaltEvent, StandInEvent, LinkEvent, PermitEvent, VouchEvent, ErasedEvent],
  ...[RegistryEvent, StreamEvent],
]

type Def = {
  type: string
  shape?: { [name: string]: z.ZodType }
  options?: z.ZodType[]
  element?: z.ZodType
  innerType?: z.ZodType
  in?: z.ZodType
  checks?: { _zod: { def: { check: string } } }[]
}

/** The places of text that no pattern limits. */
function textsOf(schema: z.ZodType, path: string): string[] {
  const def = schema.def as unknown as Def
  if (def.shape)
    return Object.entries(def.shape).flatMap(([name, inner]) => textsOf(inner, path === '' ? name : `${path}/${name}`))
  if (def.options) return def.options.flatMap((inner) => textsOf(inner, path))
  if (def.element) return textsOf(def.element, `${path}/*`)
  const inner = def.innerType ?? def.in
  if (inner) return textsOf(inner, path)
  const isBounded = def.checks?.some((each) => each._zod.def.check === 'string_format') ?? false
  if (def.type === 'string') return isBounded ? [] : [path]
  return ['record', 'any', 'unknown', 'lazy', 'json'].includes(def.type) ? [path] : []
}

const eventsOf = (schema: z.ZodType): z.ZodType[] => (schema.def as unknown as Def).options ?? [schema]
const members = unions.flatMap(eventsOf).flatMap((schema) => {
  const shape = (schema.def as unknown as Def).shape ?? {}
  const type = (shape['type'] as unknown as { value: string }).value
  return textsOf(schema, '').map((path) => [type, path] as const)
})

test.each(members)('the text of %s, `%s`, is in the table of personal texts, or is none', (type, path) => {
  const isPersonal = (personalMembers[type as AnyEvent['type']] ?? []).some(({ at }) => at === `/${path}`)
  const isNot = notPersonal.some((each) => path === each || path.startsWith(`${each}/`))
  expect(isPersonal || isNot || byHotwork.includes(`${type}/${path}`)).toBe(true)
})

test('each place of the table is one of its event', () => {
  for (const [type, places] of Object.entries(personalMembers))
    for (const { at } of places ?? [])
      expect([
        type,
        at,
        members.some(([event, path]) => event === type && `/${path}` === at) || at === '/account/user',
      ]).toEqual([type, at, true])
})

const apart = (events: readonly Event[], owner = sampleAsk().owner) => {
  const salts = new MemorySalts()
  return setTextsApart(events, owner, () => salts.salt())
}

test('a text is where it was in neither the entries nor the state, and both have its commitment', () => {
  const ask = sampleAsk({ justification: 'Kofi asked me to' })
  const desk = new Desk(2, ask)
  const { events, texts } = apart(desk.events)
  const state = replay(events) as ApprovalRequest
  const { entries } = chainEntries(ask.id, noEntries, events, contextOf(state))
  expect(JSON.stringify([entries, state])).not.toContain('Kofi')
  expect(texts).toEqual([
    { commitment: state.ask.justification, person: ask.owner, text: 'Kofi asked me to', salt: expect.any(String) },
  ])
  const [{ text = '', salt = '' } = {}] = texts
  expect(commitmentTo(text, salt)).toBe(state.ask.justification)
  expect(verify(ask.id, entries)).toEqual({ state })
})

test('in every life of a request its entries replay to the state, and the texts beside give all back', () => {
  fc.assert(
    fc.property(anyWalk, (steps) => {
      const { events: whole } = walk(steps)
      const { events, texts } = apart(whole)
      const state = replay(events) as ApprovalRequest
      const { entries } = chainEntries(state.ask.id, noEntries, events, contextOf(state))
      expect(verify(state.ask.id, entries)).toEqual({ state })
      const found = new Map(texts.map(({ commitment, text }) => [commitment, text]))
      expect(withTextsAt(state, personalInRequest, (each) => found.get(each) ?? '?')).toEqual(replay(whole))
    }),
    { numRuns: 60 },
  )
})

test('one text of one person has one commitment in one write, and another in the next', () => {
  const common = { at: submittedAt, actor: { type: 'person', id: person('ana') } as const, policies: [], bundle }
  const events: Event[] = [
    { ...common, type: 'Commented', stage: 'owner', verdict: 'deny', comment: 'no' },
    { ...common, type: 'Denied', by: person('ana'), reason: 'no' },
  ]
  const salts = new MemorySalts()
  const once = () => setTextsApart(events, undefined, () => salts.salt())
  const [first, second] = [once(), once()]
  expect(first.texts).toHaveLength(1)
  expect(first.texts[0]?.commitment).not.toBe(second.texts[0]?.commitment)
})

test('a commitment that a person writes is committed to as any other text', () => {
  const stolen = commitmentTo('the reason of another', 'salt')
  const { events, texts } = apart(new Desk(2, sampleAsk({ justification: stolen })).events)
  const [first] = events
  expect(first?.type === 'Submitted' && first.ask.justification).not.toBe(stolen)
  expect(texts[0]?.text).toBe(stolen)
})

test('a text by Hotwork itself is not personal, and stays', () => {
  const common = { at: submittedAt, actor: { type: 'system', id: 'hotwork' } as const, policies: [], bundle }
  const { events, texts } = apart([{ ...common, type: 'Denied', by: 'system', reason: 'no_eligible_approvers' }])
  expect([events[0]?.type === 'Denied' && events[0].reason, texts]).toEqual(['no_eligible_approvers', []])
})

test('the texts beside entries are put back if they match their commitments', () => {
  const ask = sampleAsk({ justification: 'as it was' })
  const { events, texts } = apart(new Desk(2, ask).events)
  const { entries } = chainEntries(ask.id, noEntries, events, undefined)
  const pointers = entries.flatMap((entry) => [...commitmentsIn(entry)])
  expect(pointers).toEqual([['/facts/ask/justification', texts[0]?.commitment]])
  const salt = texts[0]?.salt ?? ''
  const read = (text: string) => {
    const [first] = withTextsBeside(entries, { [`${ask.id}/1`]: { '/facts/ask/justification': { text, salt } } })
    const found = first?.facts['ask'] as { justification: string } | undefined
    return found?.justification ?? ''
  }
  expect(read('as it was')).toBe('as it was')
  expect(isCommitment(read('as another has it'))).toBe(true)
})

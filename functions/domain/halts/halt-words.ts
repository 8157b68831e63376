import * as z from 'zod'
import type { ViewFacts } from '../cards/request-view.ts'
import type { Sentence } from '../cards/sentence.ts'
import { nameIn } from '../cards/who.ts'
import { inert } from '../inert.ts'
import { declarerName, type Halt, HaltTarget } from './halt.ts'

/** The kinds of halt in a menu. */
export const haltKinds: { readonly [kind in HaltTarget['kind']]: string } = {
  agent: 'An agent',
  owner: 'All agents of a person',
  person: 'A person: what they decide and open',
  role: 'An AWS role',
  environment: 'An environment',
  action: 'An action',
  all: 'Everything',
}
export const HaltKind = z.enum(Object.keys(haltKinds) as [keyof typeof haltKinds])

/**
 * Parses a target in the command line's form: `agent:NAME`, `person:NAME`, `owner=person:NAME`, `environment=NAME`,
 * `all`.
 */
export function readHaltTarget(typed: string): HaltTarget | undefined {
  const [, kind, value] = /^([a-z]+)[:=](.+)$/s.exec(typed) ?? []
  const isId = typed.startsWith('agent:') || typed.startsWith('person:')
  return HaltTarget.safeParse(typed === 'all' ? { kind: 'all', value: 'all' } : { kind, value: isId ? typed : value })
    .data
}

/** The forms of a target, for prompts. */
export const haltTargets = 'agent:NAME, person:NAME, owner=person:NAME, role=ARN, environment=NAME, action=NAME, or all'

export function haltTitle({ kind, value }: HaltTarget, facts: Pick<ViewFacts, 'directory'>): Sentence {
  switch (kind) {
    case 'agent':
      return [{ value: inert(value) }]
    case 'owner':
      return ['the agents of ', { bold: nameIn(facts, value) }]
    case 'person':
      return ['what ', { bold: nameIn(facts, value) }, ' decides and opens']
    case 'role':
    case 'environment':
    case 'action':
      return [`the ${kind} `, { value: inert(value) }]
    case 'all':
      return [{ bold: 'everything' }]
    default:
      return kind satisfies never
  }
}

/** A halt's start, declarer, end and reason. */
export const haltNow = ({ at, by, until, reason }: Halt, facts: Pick<ViewFacts, 'directory'>): Sentence => [
  'Since ',
  { time: at },
  ', by ',
  { bold: declarerName(by, (person) => nameIn(facts, person)) },
  ...(until === undefined ? [', until a person lifts it'] : [', until ', { time: until }]),
  '. Why: ',
  { said: reason },
]

import type { HaltTarget } from '../halts/halt.ts'
import { inert } from '../inert.ts'
import type { ViewFacts } from './request-view.ts'
import { nameIn } from './request-words.ts'
import type { Sentence } from './sentence.ts'

/** What a halt stops. */
export function targetWords({ kind, value }: HaltTarget, facts: Pick<ViewFacts, 'directory'>): Sentence {
  switch (kind) {
    case 'agent':
      return ['Agent ', { value }]
    case 'owner':
      return [`All agents of ${nameIn(facts, value)}`]
    case 'person':
      return [`What ${nameIn(facts, value)} decides and opens`]
    case 'role':
      return ['AWS role ', { value: inert(value) }]
    case 'environment':
      return ['Environment ', { value: inert(value) }]
    case 'action':
      return ['Action ', { value: inert(value) }]
    case 'all':
      return ['Everything']
    default:
      return kind satisfies never
  }
}

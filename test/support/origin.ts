import { type Origin, originOf, rulesOf } from '../../functions/domain/record/origin.ts'
import type { Ask } from '../../functions/domain/record/request.ts'

export type Kind = Origin['kind']

/** The members that an ask of each origin has, and no other ask. */
const marks: { readonly [kind in Exclude<Kind, 'agent'>]: (ask: Ask) => boolean } = {
  person: ({ askedBy }) => askedBy !== undefined,
  draw: ({ standing }) => standing !== undefined,
  extension: (ask) => ask.extends !== undefined,
  delegation: ({ ancestors, step }) => ancestors.length > 0 && step === undefined,
  step: ({ step }) => step !== undefined,
  plan: ({ steps }) => steps !== undefined,
  opening: ({ breakGlass }) => breakGlass !== undefined,
  registry: ({ change }) => change !== undefined,
}

/** The origin of an ask. Fails if the ask has two, or half of one. */
export function expectOne(ask: Ask): Kind {
  const marked = Object.entries(marks).flatMap(([kind, has]) => (has(ask) ? [kind] : []))
  const { kind } = originOf(ask)
  expect([ask.id, marked]).toEqual([ask.id, kind === 'agent' ? [] : [kind]])
  const { isOwn, asks } = rulesOf(ask)
  expect({
    chain: ask.chain.length,
    isOwn: ask.ancestors.length === 0,
    approvedBefore: ask.approvedBefore !== undefined,
    byPerson: ask.agent.id.startsWith('person:'),
    noCredential: ask.credential === 'none',
  }).toEqual({
    chain: ask.ancestors.length,
    isOwn,
    approvedBefore: kind === 'extension',
    byPerson: asks === 'rights' || asks === 'change',
    noCredential: asks === 'steps',
  })
  return kind
}

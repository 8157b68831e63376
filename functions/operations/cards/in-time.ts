import type { HaltStore } from '../halts/ports.ts'
import type { LedgerReader } from '../ledger/ports.ts'
import type { StandInReader } from '../people/ports.ts'
import type { PermitReader } from '../permits/ports.ts'
import type { RequestReader } from '../record/ports.ts'

/** It did not happen, and by this call it never will. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime'
}

/** Any other call of a store counts as a write. */
const reads = {
  requests: [
    'load',
    'loadMany',
    'dependencies',
    'recall',
    'loadEvaluation',
    'list',
    'overdue',
    'askedLately',
    'countOpen',
    'open',
  ] satisfies (keyof RequestReader)[],
  ledger: ['entries', 'page', 'head'] satisfies (keyof LedgerReader)[],
  permits: ['load', 'ofAgent', 'list'] satisfies (keyof PermitReader)[],
  halts: ['load', 'find', 'list'] satisfies (keyof HaltStore)[],
  standIns: ['of', 'find', 'list'] satisfies (keyof StandInReader)[],
} as const

/**
 * A write that starts after `mayStart` says no throws `NotInTime`: a person who was told that nothing came of a click
 * is never proved wrong.
 */
export function inTime<P extends object>(ports: P, mayStart: () => boolean): P {
  const names = Object.keys(reads) as (keyof typeof reads)[]
  const gated = names
    .filter((name) => name in ports)
    .map((name) => [name, gate((ports as { [store in typeof name]: object })[name], reads[name], mayStart)] as const)
  return { ...ports, ...Object.fromEntries(gated) }
}

const gate = <S extends object>(store: S, readers: readonly string[], mayStart: () => boolean): S =>
  new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...args: unknown[]) =>
        readers.includes(String(name)) || mayStart()
          ? member.apply(target, args)
          : Promise.reject(new NotInTime('no time is left to start a transaction'))
    },
  })

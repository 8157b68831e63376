import type { LedgerStore } from '../ledger/ports.ts'
import type { StandInStore } from '../people/ports.ts'
import type { PermitStore } from '../permits/ports.ts'
import type { CarriedOut } from '../requests/carry-out.ts'
import { type DecisionAsk, decideRequest } from '../requests/decide-request.ts'
import type { DecidingPorts, RequestStore } from '../requests/ports.ts'

type Ports = DecidingPorts

/** The time in which a decision may still be recorded is over. It was not, and by this call it never will be. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime'
}

/**
 * Decides for somebody who is waiting: starts no transaction once `mayStart` says no, so that a person who was told
 * that nothing came of it is never proved wrong by a write that somebody else's patience had outlived.
 *
 * @throws NotInTime, and whatever `decideRequest` throws
 */
export const decideInTime = (ask: DecisionAsk, ports: Ports, mayStart: () => boolean): Promise<CarriedOut> =>
  decideRequest(ask, inTime(ports, mayStart))

/** Ports through which nothing more is written once `mayStart` says no: such a write throws `NotInTime`. */
export function inTime<P extends Pick<Ports, 'requests' | 'ledger'>>(ports: P, mayStart: () => boolean): P {
  const start = <T>(write: () => Promise<T>): Promise<T> =>
    mayStart() ? write() : Promise.reject(new NotInTime('no time is left to start a transaction'))
  return { ...ports, requests: timely(ports.requests, start), ledger: timelyLedger(ports.ledger, start) }
}

type Start = <T>(write: () => Promise<T>) => Promise<T>

const timely = (store: RequestStore, start: Start): RequestStore => ({
  load: (id) => store.load(id),
  loadMany: (ids) => store.loadMany(ids),
  dependencies: (...what) => store.dependencies(...what),
  commit: (change) => start(() => store.commit(change)),
  recall: (key) => store.recall(key),
  claim: (once) => start(() => store.claim(once)),
  saveEvaluation: (evaluation) => start(() => store.saveEvaluation(evaluation)),
  loadEvaluation: (id) => store.loadEvaluation(id),
  list: (filter, page) => store.list(filter, page),
  overdue: (before, limit) => store.overdue(before, limit),
  countOpen: (agent, most) => store.countOpen(agent, most),
  open: (agent, limit) => store.open(agent, limit),
})

const timelyLedger = (store: LedgerStore, start: Start): LedgerStore => ({
  entries: (aggregate) => store.entries(aggregate),
  page: (aggregate, page) => store.page(aggregate, page),
  head: (aggregate) => store.head(aggregate),
  append: (...entry) => start(() => store.append(...entry)),
})

/** Standing permits of which none is given or taken back any more once `mayStart` says no. */
export const permitsInTime = (
  store: Pick<PermitStore, 'load' | 'save'>,
  mayStart: () => boolean,
): Pick<PermitStore, 'load' | 'save'> => ({
  load: (id) => store.load(id),
  save: (change) =>
    mayStart() ? store.save(change) : Promise.reject(new NotInTime('no time is left to start a transaction')),
})

/** Stand-ins of which none begins or ends any more once `mayStart` says no. */
export const standInsInTime = (store: StandInStore, mayStart: () => boolean): StandInStore => ({
  of: (pair) => store.of(pair),
  find: (id) => store.find(id),
  list: (page) => store.list(page),
  save: (change) =>
    mayStart() ? store.save(change) : Promise.reject(new NotInTime('no time is left to start a transaction')),
})

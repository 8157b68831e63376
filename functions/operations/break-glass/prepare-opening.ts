// Rules: test/operations/break-glass/prepared-opening.test.ts
import { PreparedOpening, preparedFor, preparedKey } from '../../domain/break-glass/break-glass.ts'
import type { LoginWanted } from '../../domain/people/login-strength.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { asOf } from '../../domain/requests/due.ts'
import { defined, type NumericDate, ok, type PersonId, RequestId, type Result } from '../../domain/values.ts'
import { StaleRequest } from '../faults.ts'
import type { Secrets } from '../people/ports.ts'
import type { AskingPorts } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'
import { idempotencyItem } from '../record/repeat.ts'
import type { ForeseenAsk, OpenedBreakGlass, OpeningAsk, OpeningPorts, OpeningRefusal } from './open-break-glass.ts'
import { foreseeOpening, openBreakGlass } from './open-break-glass.ts'
import { aboutOpening, openedBy, type WhatToOpen } from './what-to-open.ts'

const keepSeconds = 7200

/**
 * Stores an opening without opening it. The code is valid for ten minutes and for this person only, and the opening is
 * judged again later.
 */
export async function prepareOpening(
  ask: ForeseenAsk,
  ports: OpeningPorts & { secrets: Secrets },
): Promise<Result<{ code: string; until: NumericDate; login: LoginWanted }, OpeningRefusal>> {
  const foreseen = await foreseeOpening(ask, ports)
  if (!foreseen.ok) {
    const about = aboutOpening(ask)
    return refuseOnRecord(ask.person, 'open_break_glass', ports, { about })(foreseen.code, foreseen.detail)
  }
  const { person, what, reason, incident, minutes, drill } = ask
  const until = ports.clock.now() + preparedFor
  const code = ports.secrets.secret()
  const prepared = { person, what, reason, incident, minutes, drill, until } as PreparedOpening
  // Encrypted to the holder of the code: the store has only the code's digest.
  const value = ports.secrets.seal(JSON.stringify(prepared), code)
  const once = { key: preparedKey(code), value, expiresAt: until + keepSeconds }
  if (!(await ports.requests.putOnce(once))) throw new StaleRequest('the prepared opening could not be stored')
  return ok({ code, until, login: foreseen.value })
}

export type FoundPrepared = { prepared: PreparedOpening; login: LoginWanted; opened?: ApprovalRequest }

/** The prepared opening of a code; undefined once it has expired. The caller checks the right to see it. */
export async function findPrepared(
  code: string,
  ports: AskingPorts & { secrets: Secrets },
): Promise<FoundPrepared | undefined> {
  const { requests, clock, secrets } = ports
  const value = await requests.recall(preparedKey(code))
  const text = secrets.unseal(value, code)
  if (text === undefined) return undefined
  const prepared = PreparedOpening.parse(JSON.parse(text))
  const opened = await openedOf(code, prepared.person, ports)
  if (!opened && prepared.until <= clock.now()) return undefined
  const what = openedBy(whatOf(prepared), ports)
  return { prepared, login: what.ok ? what.value.terms.login : {}, ...defined({ opened }) }
}

/**
 * Opens a prepared opening for the person who prepared it. A retry gives the same opening. It has no key yet: the
 * first key from an equally strong login of this person is bound to it.
 */
export async function openPrepared(
  { code, person, ...how }: { code: string } & Pick<OpeningAsk, 'person' | 'proven' | 'login' | 'arrivedAt'>,
  ports: OpeningPorts & { secrets: Secrets },
): Promise<Result<OpenedBreakGlass, OpeningRefusal>> {
  const found = await findPrepared(code, ports)
  if (found?.prepared.person !== person) return refuseOnRecord(person, 'open_break_glass', ports)('unknown_request')
  const { reason, incident, minutes, drill } = found.prepared
  const what = whatOf(found.prepared)
  return openBreakGlass({ what, reason, incident, minutes, drill, person, ...how, ...repeatedBy(code) }, ports)
}

const repeatedBy = (code: string) => ({ idempotencyKey: preparedKey(code), body: { prepared: preparedKey(code) } })

async function openedOf(code: string, person: PersonId, { requests, clock }: AskingPorts) {
  const before = await requests.recall(idempotencyItem(person, repeatedBy(code).idempotencyKey))
  const id = RequestId.safeParse(before?.split(' ')[1])
  const stored = id.success ? await requests.load(id.data) : undefined
  return stored && asOf(stored.state, clock.now())
}

const whatOf = ({ what }: PreparedOpening): WhatToOpen => {
  if ('profile' in what) return what
  const { resource, ...rest } = what
  return { ...rest, ...defined({ resource }) }
}

import { type PreparedOpening, preparedFor, preparedKey } from '../domain/break-glass/break-glass.ts'
import type { LoginWanted } from '../domain/people/login-strength.ts'
import type { Refusal } from '../domain/refusals.ts'
import { type NumericDate, ok, type Result, refuse } from '../domain/values.ts'
import { recordRefusal } from './carry-out.ts'
import { StaleRequest } from './faults.ts'
import type { Secrets } from './login-ports.ts'
import { type ForeseenAsk, foreseeOpening, type OpeningPorts } from './open-break-glass.ts'

/** What somebody would open, as they said it. */
export type PrepareAsk = ForeseenAsk

/** The code under which it can be opened, until when, and by how strong a login. */
export type Prepared = { code: string; until: NumericDate; login: LoginWanted }

/** What was prepared is looked back at for so long after its end, by whoever opened it. Seconds. */
const keepSeconds = 7200

/**
 * Takes down what somebody would open, once nothing stands against it but that they have to prove who they are, which a
 * door such as Slack cannot. It opens nothing, is good for ten minutes and for them alone, and all of it is asked again.
 *
 * @throws StoreUnavailable
 */
export async function prepareOpening(
  ask: PrepareAsk,
  ports: OpeningPorts & { secrets: Secrets },
): Promise<Result<Prepared, Refusal>> {
  const foreseen = await foreseeOpening(ask, ports)
  if (!foreseen.ok) {
    await recordRefusal({ type: 'person', id: ask.person }, 'open_break_glass', foreseen.code, ports)
    return refuse(foreseen.code, foreseen.detail)
  }
  const { person, what, reason, incident, minutes, drill } = ask
  const until = ports.clock.now() + preparedFor
  const code = ports.secrets.secret()
  const prepared = { person, what, reason, incident, minutes, drill, until } as PreparedOpening
  const once = { key: preparedKey(code), value: JSON.stringify(prepared), expiresAt: until + keepSeconds }
  // 256 random bits: nothing of ours is there already.
  if (!(await ports.requests.claim(once))) throw new StaleRequest('what was prepared could not be put down')
  return ok({ code, until, login: foreseen.value })
}

// Rules: test/operations/registry/accept-transfer.test.ts
import type { Login } from '../../domain/people/login-strength.ts'
import type { AcceptTransfer } from '../../domain/record/commands.ts'
import type { RefusalOf } from '../../domain/requests/decide.ts'
import { defined, type PersonId, type RequestId } from '../../domain/values.ts'
import { isStopped } from '../halts/find-halt.ts'
import { findEnding } from '../policy/gather.ts'
import type { OnceOnly } from '../ports.ts'
import { type CarriedOut, carryOutFor } from '../record/carry-out.ts'
import type { DecidingPorts } from '../record/ports.ts'
import { refuseOnRecord } from '../record/refuse.ts'

export type AcceptAsk = { id: RequestId; person: PersonId; login: Login; once?: OnceOnly }

/** The receiving owner of a transfer accepts the agent, by their own login. Only then is the transfer decided. */
export async function acceptTransfer(
  { id, person, login, once }: AcceptAsk,
  ports: DecidingPorts,
): Promise<CarriedOut<RefusalOf<AcceptTransfer> | 'replayed'>> {
  if (await isStopped(person, ports, { now: ports.clock.now() }))
    return refuseOnRecord(person, 'accept_transfer', ports)('not_permitted')
  const command = async (
    state: Parameters<typeof findEnding>[0],
    now: number,
  ): Promise<Omit<AcceptTransfer, 'bundle'>> => {
    const ending = await findEnding(state, now, ports)
    return { type: 'accept_transfer', person, login: defined(login), ...defined({ ending }) }
  }
  return carryOutFor(person, 'accept_transfer', id, ports, command, once)
}

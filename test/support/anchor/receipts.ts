import { decodeJwt } from 'jose'
import type { FoundEntry } from '../../../functions/domain/anchor/check-entries.ts'
import { type Receipt, saidByEntries } from '../../../functions/domain/anchor/receipt.ts'
import type { Entry } from '../../../functions/domain/ledger/ledger.ts'
import type { CredentialId, RequestId } from '../../../functions/domain/values.ts'
import { completeRequest } from '../../../functions/operations/requests/end-request.ts'
import { agent, stagingParameter, start, World } from '../world.ts'
import { PlainLog } from './plain-log.ts'

/** A request that was approved, claimed, used and completed; its entries, and a log that has them among others. */
export async function anchored(world = new World(), log = new PlainLog(world.issuer)) {
  log.add(await world.ledger.entries((await world.submitted(stagingParameter)).ask.id))
  const approved = await world.approved()
  const token = mustBe(await world.issueToken(approved))
  mustBe(await world.issueAws(approved, decodeJwt(token.token).jti as CredentialId))
  mustBe(await completeRequest({ id: approved.ask.id, agent: agent('remediator'), outcome: 'succeeded' }, world.ports))
  const { id } = approved.ask
  const entries = await world.ledger.entries(id)
  log.add(entries)
  log.add([{ id: 'agent:remediator/1', hash: `sha-256:${'x'.repeat(43)}` }])
  return { world, log, id, entries }
}

function mustBe<T>(result: { ok: true; value: T } | { ok: false; code: string }): T {
  if (!result.ok) throw new Error(result.code)
  return result.value
}

/** The claims that the notary would sign for these entries, with changes. */
export function claimsOf(log: PlainLog, id: RequestId, entries: readonly Entry[], changes: object = {}): Receipt {
  const says = saidByEntries(id, entries as unknown as readonly FoundEntry[])
  if ('broken' in says) throw new Error(`${says.broken.at}: ${says.broken.why}`)
  return { iss: log.issuer, iat: start, sub: id, ...says.said, ...log.proof(`${id}/${entries.length}`), ...changes }
}

export const receiptOf = (log: PlainLog, id: RequestId, entries: readonly Entry[], changes: object = {}): string =>
  log.sign(claimsOf(log, id, entries, changes))

import { base64url, sameBytes } from '../../domain/anchor/bytes.ts'
import type { FoundEntry } from '../../domain/anchor/check-entries.ts'
import { hashOfEntry } from '../../domain/anchor/leaf.ts'
import { rootOfInclusion } from '../../domain/anchor/merkle.ts'
import { type Receipt, receiptType, saidByEntries } from '../../domain/anchor/receipt.ts'
import { mayRead } from '../../domain/deciding/questions.ts'
import { canonicalForm } from '../../domain/digest.ts'
import type { Broken, Entry } from '../../domain/ledger/ledger.ts'
import type { Json, JsonObject, PersonId, RequestId, Result } from '../../domain/values.ts'
import { ok, refuse } from '../../domain/values.ts'
import type { Signer } from '../credentials/ports.ts'
import type { Log } from '../ports.ts'
import type { DecidingPorts } from '../record/ports.ts'
import { type Proof, proveEntry } from './read-log.ts'

export type ReceiptPorts = Pick<DecidingPorts, 'requests' | 'ledger' | 'policy' | 'clock'> &
  Parameters<typeof proveEntry>[1] & {
    /** Signs with the notary's key. */
    receiptSigner: Signer
    log: Log
  }

/**
 * A receipt of a request or an opening, signed only if its entries are in the log. The table is not trusted: the
 * entries are replayed, must make the stored state, and the last one must have the hash that the notary signed.
 *
 * @returns the JWS. Otherwise it logs `record_broken` for the alarm, with the entry
 */
export async function makeReceipt(
  { id, person }: { id: RequestId; person: PersonId },
  ports: ReceiptPorts,
): Promise<Result<string, 'not_permitted' | 'unknown_request' | 'not_yet_anchored' | 'record_broken'>> {
  const { requests, ledger, policy, clock, issuer, receiptSigner, log } = ports
  if (!mayRead(policy, person, clock.now())) return refuse('not_permitted')
  const stored = await requests.load(id)
  if (!stored) return refuse('unknown_request')
  const broken = ({ at, why }: { at: string; why: Broken['why'] | 'log' }) => {
    log.error('ledger_broken', { aggregate: id, entry: at, why })
    return refuse('record_broken')
  }
  const { sequence, hash } = stored.head
  const entries = (await ledger.entries(id)).slice(0, sequence)
  const last = entries.at(-1)
  if (!last || entries.length < sequence) return broken({ at: `${id}/${entries.length + 1}`, why: 'sequence' })
  const says = saidByEntries(id, entries as unknown as readonly FoundEntry[])
  if ('broken' in says) return broken(says.broken)
  if (last.hash !== hash) return broken({ at: last.id, why: 'hash' })
  if (!isSame(says.state, stored.state)) return broken({ at: last.id, why: 'state' })
  const proof = await proveEntry(last.id, ports)
  if (!proof) return refuse('not_yet_anchored')
  if (!proves(proof, last)) return broken({ at: last.id, why: 'log' })
  const receipt: Receipt = {
    iss: issuer,
    iat: clock.now(),
    sub: id,
    ...says.said,
    tree_size: proof.checkpoint.size,
    leaf_index: proof.index,
    inclusion: proof.path.map(base64url),
    checkpoint: proof.note,
  }
  return ok(await receiptSigner.sign(receiptType, receipt as unknown as JsonObject))
}

const isSame = (one: object, other: object): boolean => formOf(one) === formOf(other)
const formOf = (state: object) => canonicalForm(state as unknown as Json)

/** Whether the tree has the entry at its place. The index only finds the place. */
function proves({ index, path, checkpoint: { size, root } }: Proof, { id, hash }: Entry): boolean {
  const found = rootOfInclusion(index, size, hashOfEntry({ id, hash }), path)
  return found !== undefined && sameBytes(found, root)
}

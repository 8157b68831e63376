// Rules: test/operations/anchor/make-receipt.test.ts
import * as z from 'zod'
import { credentialsIssued } from '../credentials/issue.ts'
import { canonicalForm } from '../digest.ts'
import { type Broken, type Entry, verify } from '../ledger/ledger.ts'
import { type ApprovalRequest, grantOf, Outcome, UseOutcome } from '../record/request.ts'
import { Digest, defined, type Json, NumericDate, RequestId, Resource, rfc3339, Verdict } from '../values.ts'
import type { FoundEntry } from './check-entries.ts'

/** `typ` of a receipt's JWS. */
export const receiptType = 'hotwork-receipt+jwt'

const Time = z.string()
const Base64url = z.string().regex(/^[A-Za-z0-9_-]*$/)

/** The members of a receipt (docs/api.md). It has no texts of people, so it stays true after an erasure. */
const said = {
  status: z.enum(['pending', 'approved', 'denied', 'withdrawn', 'expired', 'completed', 'revoked']),
  agent: z.string(),
  owner: z.string(),
  action: z.string(),
  resource: Resource,
  digest: Digest,
  tier: z.int().nonnegative(),
  /** The decisions of the present round, in the order of the stages. */
  decisions: z.array(
    z.strictObject({ stage: z.string(), person: z.string(), for: z.string().optional(), verdict: Verdict, at: Time }),
  ),
  /** All credentials that were ever issued. */
  credentials: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.string(),
      issued_at: Time,
      expires_at: Time,
      role: z.string().optional(),
    }),
  ),
  uses: z.array(
    z.strictObject({
      id: z.string(),
      tool: z.string(),
      begun_at: Time,
      ended_at: Time.optional(),
      outcome: UseOutcome.optional(),
    }),
  ),
  outcome: Outcome.nullable(),
  /** The bundle under which the last entry was written. */
  bundle: z.string(),
  /** The hash of the last entry, and the number of entries. */
  head: Digest,
  entries: z.int().positive(),
}

const proof = {
  tree_size: z.int().positive(),
  leaf_index: z.int().nonnegative(),
  /** RFC 9162 section 2.1.3, from the leaf up. */
  inclusion: z.array(Base64url),
  /** A signed note. */
  checkpoint: z.string(),
}

const Said = z.strictObject(said)
type Said = z.infer<typeof Said>
const Proof = z.strictObject(proof)
export type Proof = z.infer<typeof Proof>

/** Stored as written: `z.url` would trim blanks at its ends. */
const Issuer = z.string().refine((text) => URL.canParse(text), 'Invalid URL')
export const Receipt = z.strictObject({ iss: Issuer, iat: NumericDate, sub: RequestId, ...said, ...proof })
export type Receipt = z.infer<typeof Receipt>

/** The members of a receipt that come from a request's state. */
export const saidByState = (state: ApprovalRequest): Omit<Said, 'credentials' | 'bundle' | 'head' | 'entries'> => ({
  status: state.status,
  agent: state.ask.agent.id,
  owner: state.ask.owner,
  action: state.ask.action,
  resource: state.ask.resource,
  digest: state.ask.digest,
  tier: state.tier,
  decisions: state.stages.flatMap(({ terms, decisions }) =>
    decisions.map(({ person, for: absent, verdict, at }) =>
      defined({ stage: terms.name, person, for: absent, verdict, at: rfc3339(at) }),
    ),
  ),
  uses: (grantOf(state)?.uses ?? []).map(({ id, tool, begunAt, ended }) =>
    defined({
      id,
      tool,
      begun_at: rfc3339(begunAt),
      ended_at: ended && rfc3339(ended.at),
      outcome: ended?.outcome,
    }),
  ),
  outcome: state.status === 'completed' ? state.outcome : null,
})

/** The members of a receipt that come from replaying a request's entries. Undefined for a broken chain. */
export function saidByEntries(
  id: RequestId,
  found: readonly FoundEntry[],
): { said: Said; state: ApprovalRequest } | { broken: Broken } {
  // The reducer checks each event itself.
  const entries = found as unknown as readonly Entry[]
  const { state, broken } = verify(id, entries)
  if (broken) return { broken }
  const last = entries.at(-1)
  if (!state || !last) return { broken: { at: `${id}/1`, why: 'sequence' } }
  const credentials = credentialsIssued(entries).map(({ id, claim, issuedAt, expiresAt, role }) =>
    defined({ id, kind: claim, issued_at: rfc3339(issuedAt), expires_at: rfc3339(expiresAt), role }),
  )
  const { bundle, hash } = last
  return {
    said: { ...saidByState(state), credentials, bundle, head: hash as Digest, entries: entries.length },
    state,
  }
}

/** The members of a receipt that the entries contradict. */
export function otherwise(receipt: Receipt, entries: Said): readonly (keyof Said)[] {
  const names = Object.keys(said) as (keyof Said)[]
  return names.filter((name) => canonicalForm(receipt[name] as Json) !== canonicalForm(entries[name] as Json))
}

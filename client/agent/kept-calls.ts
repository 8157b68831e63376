// Rules: test/client/agent/permit.test.ts
import * as z from 'zod'
import { Evidence, TaskSource } from '../../functions/domain/cards/wire/word.ts'
import { defined } from '../http.ts'
import { type Journal, type Kind, remembered } from '../journal/journal.ts'
import { makeJwk, PrivateJwk } from '../journal/keys.ts'
import { runs } from '../journal/runs.ts'
import { wrongUsage } from '../outcome.ts'
import { Denial } from './ask.ts'

/**
 * The key of a call and its submitted context, which make a repeated call the same request. The call is stored as
 * a digest only. The key is deleted when the request ends.
 */
const KeptCall = z.looseObject({
  version: z.literal(1),
  api: z.string(),
  call: z.string(),
  /** The end of the wait. Milliseconds. */
  until: z.number(),
  /** The key of this call, unless the agent has a key of its own: then that key's thumbprint. */
  jwk: PrivateJwk.optional(),
  jkt: z.string().optional(),
  asked: z
    .looseObject({
      subject: z.looseObject({ type: z.string(), id: z.string() }),
      resource: z.looseObject({ type: z.string(), id: z.string() }),
      justification: z.string().optional(),
      evidence: z.array(Evidence).optional(),
      taskSource: TaskSource.optional(),
      revises: z.string().optional(),
      notBefore: z.string().optional(),
      denial: Denial,
    })
    .optional(),
  id: z.string().optional(),
  ended: z.string().optional(),
})
export type KeptCall = z.infer<typeof KeptCall>

/** Calls that have a `callId`. */
export const calls: Kind<KeptCall> = {
  ...{ prefix: 'call-', shape: KeptCall, stays: remembered, isMark: true },
  isOver: ({ until }, now) => until < now,
}

/**
 * Finds the call of this id, or begins it: with a new key, unless the caller has its own.
 *
 * @throws Refusal if the same `callId` was used for a different call; Fault if the journal cannot be read
 */
export async function callAt(
  journal: Journal,
  id: string,
  about: { api: string; call: string; jkt: string | undefined },
): Promise<KeptCall> {
  const found = journal.find(calls, id)
  if (found && found.call !== about.call)
    throw wrongUsage(
      'this `callId` was used for a different call',
      'give each call its own id, and the same id to its repeats',
    )
  if (found) return found
  const jwk = about.jkt === undefined ? await makeJwk() : undefined
  const made: KeptCall = { version: 1, ...defined({ ...about, jwk }), until: journal.now() + remembered }
  journal.tidy(calls, runs)
  journal.put(calls, id, made)
  return made
}

/** Deletes the key of an ended call. If the disk is full the key stays, which is harmless: Hotwork refuses it. */
export function endCall(journal: Journal, id: string, { jwk: _, asked: __, ...kept }: KeptCall, ended: string): void {
  try {
    journal.put(calls, id, { ...kept, ended })
  } catch {}
}

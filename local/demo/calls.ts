// Rules: test/local/demo-report.test.ts
import * as DPoP from 'dpop'
import * as z from 'zod'
import { readAnswer, type Sending, send } from '../../client/http.ts'
import { type Prove, proverOfPair } from '../../client/journal/keys.ts'
import type { Trouble } from '../../client/outcome.ts'
import { thisMachine } from '../../client/surroundings.ts'

/** No output, since the report tells the progress. */
export const quietMachine = { ...thisMachine({ file: import.meta.filename, version: 'demo' }), err: () => {} }

/** Sends one call. Its answer is not validated. @throws Refusal, Fault */
export async function call<T>(sending: Sending): Promise<T> {
  return readAnswer(z.custom<T>(), await send(sending, quietMachine), sending)
}

export const newProver = async (): Promise<Prove> => proverOfPair(await DPoP.generateKeyPair('ES256'))

/** The trouble in words: `403 uses_exhausted: ...`. */
export const describeTrouble = ({ status, told: { code, title, detail } }: Trouble): string =>
  `${status ?? 'no answer'} ${code}: ${detail ?? title}`

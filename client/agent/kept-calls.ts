import * as z from 'zod'
import { defined } from '../http.ts'
import { type KeptKeys, makeJwk, notTwice, PrivateJwk, remembered } from '../kept-keys.ts'
import { wrongUsage } from '../outcome.ts'
import { here, Run, thisRun } from '../run-mark.ts'
import { Denial } from './ask.ts'

/**
 * What makes a call that is asked again the same request: its key, and what was sent of it beside the arguments. Of the
 * call itself there is a digest. When the request ends, the key goes and the rest stays.
 */
export const KeptCall = z.looseObject({
  version: z.literal(1),
  api: z.string(),
  call: z.string(),
  /** Milliseconds. */
  until: z.number(),
  /** Where the agent has no key of its own; then there is that key's thumbprint. */
  jwk: PrivateJwk.optional(),
  jkt: z.string().optional(),
  asked: z
    .looseObject({
      subject: z.looseObject({ type: z.string(), id: z.string() }),
      resource: z.looseObject({ type: z.string(), id: z.string() }),
      justification: z.string().optional(),
      notBefore: z.string().optional(),
      denial: Denial,
    })
    .optional(),
  id: z.string().optional(),
  ended: z.string().optional(),
})
export type KeptCall = z.infer<typeof KeptCall>

/** The calls of one agent that have a `callId`, and the runs of requests, in a folder that its processes share. */
export class KeptCalls {
  readonly keys: KeptKeys

  constructor(keys: KeptKeys) {
    this.keys = keys
  }

  /** @throws Refusal where the same `callId` was another call; Fault where what is kept cannot be read */
  find(place: string, call: string): KeptCall | undefined {
    const found = this.keys.demand(place, KeptCall, notTwice)
    if (!found || found.until < this.keys.now()) return undefined
    if (found.call === call) return found
    throw wrongUsage(
      'this `callId` was used for another call',
      'give each call its own, and the same one when you repeat it',
    )
  }

  /** With a key, unless the caller has its own. */
  async begin(place: string, about: Pick<KeptCall, 'api' | 'call' | 'jkt'>): Promise<KeptCall> {
    this.keys.prune(/^(call|run)-/, remembered)
    const jwk = about.jkt === undefined ? await makeJwk() : undefined
    const made: KeptCall = { version: 1, ...defined({ ...about, jwk }), until: this.keys.now() + remembered }
    this.keys.write(place, made)
    return made
  }

  keep(place: string, kept: KeptCall): void {
    this.keys.write(place, kept)
  }

  /** Its key is of no more use. A disk that is full keeps the key, which nothing honours any more. */
  end(place: string, { jwk: _, asked: __, ...kept }: KeptCall, ended: string): void {
    try {
      this.keys.write(place, { ...kept, ended })
    } catch {}
  }

  /** @returns the run that was begun before @throws Fault */
  beginRun(id: string): Run | undefined {
    const place = `run-${id}`
    if (this.keys.create(place, thisRun())) return undefined
    return this.runOf(id) ?? { pid: 0, host: '', became: 'outcome unknown' }
  }

  runOf(id: string): Run | undefined {
    return Run.safeParse(this.keys.read(`run-${id}`)).data
  }

  endRun(id: string, became: string): void {
    const place = `run-${id}`
    const { pid } = process
    try {
      this.keys.write(place, { ...(this.runOf(id) ?? { pid, host: here() }), became })
    } catch {}
  }
}

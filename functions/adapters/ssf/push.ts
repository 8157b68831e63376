import * as z from 'zod'
import { defined, parseJson } from '../../domain/values.ts'
import type { Pushed, SetPush } from '../../operations/events/ports.ts'
import { faultName } from '../../operations/faults.ts'
import { readText } from '../fetch-limits.ts'

const sizeLimit = 4096

/** RFC 8935 section 2.4, and SSF 1.0 section 8.1.4.1: sent again, the token would be refused again. */
const Refused = z.looseObject({
  err: z.enum([
    'invalid_request',
    'invalid_key',
    'invalid_issuer',
    'invalid_audience',
    'authentication_failed',
    'access_denied',
    'invalid_state',
  ]),
})

/** RFC 8935: one POST for each token. 202 alone is an acknowledgement. */
export class HttpSetPush implements SetPush {
  readonly #patience: number

  /** @param patience milliseconds */
  constructor(patience = 5000) {
    this.#patience = patience
  }

  async push({ endpoint, authorization }: Parameters<SetPush['push']>[0], token: string): Promise<Pushed> {
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: {
          accept: 'application/json',
          'content-type': 'application/secevent+jwt',
          ...defined({ authorization }),
        },
        body: token,
        // A redirect leads to an address that the deployer did not name.
        redirect: 'manual',
        signal: AbortSignal.timeout(this.#patience),
      })
      if (response.status !== 400) {
        await response.body?.cancel()
        return response.status === 202 ? { outcome: 'taken' } : { outcome: 'again', fault: `status_${response.status}` }
      }
      const refused = Refused.safeParse(parseJson((await readText(response, sizeLimit)) ?? ''))
      return refused.success
        ? { outcome: 'refused', code: refused.data.err }
        : { outcome: 'again', fault: 'status_400' }
    } catch (fault) {
      return { outcome: 'again', fault: faultName(fault) }
    }
  }
}

import * as z from 'zod'
import { defined, parseJson } from '../../domain/values.ts'
import type { Pushed, SetPush } from '../../operations/events/ports.ts'
import { faultName } from '../../operations/faults.ts'

const sizeLimit = 4096

/** RFC 8935 section 2.4, and SSF 1.0 section 8.1.4.1: the receiver would refuse a retry too. */
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

type Post = (
  url: string,
  message: { headers: { readonly [name: string]: string }; body: string; reads: (status: number) => number },
) => Promise<{ status: number; text: string | undefined }>

/** RFC 8935: one POST for each token. Only 202 is an acknowledgement. */
export class HttpSetPush implements SetPush {
  readonly #post: Post

  /** @param post refuses redirects, and checks the address that it connects to */
  constructor(post: Post) {
    this.#post = post
  }

  async push({ endpoint, authorization }: Parameters<SetPush['push']>[0], token: string): Promise<Pushed> {
    try {
      const { status, text } = await this.#post(endpoint, {
        headers: {
          accept: 'application/json',
          'content-type': 'application/secevent+jwt',
          ...defined({ authorization }),
        },
        body: token,
        reads: (status) => (status === 400 ? sizeLimit : 0),
      })
      if (status === 202) return { outcome: 'taken' }
      const refused = Refused.safeParse(parseJson(text ?? ''))
      return refused.success
        ? { outcome: 'refused', code: refused.data.err }
        : { outcome: 'again', fault: `status_${status}` }
    } catch (fault) {
      return { outcome: 'again', fault: faultName(fault) }
    }
  }
}

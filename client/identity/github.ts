import * as z from 'zod'
import { textOf } from '../bounded.ts'
import { parsedJson } from '../http.ts'
import { isSafeAddress } from '../local.ts'
import { systemCodeOf, wrongUsage } from '../outcome.ts'
import { type Source, unavailable } from './workload-token.ts'

const Answer = z.looseObject({ value: z.string().min(1) })

/** GitHub's ID token of the job. The runner puts the address and the request token into the environment. */
export function githubSource(address: string, requestToken: string): Source {
  const name = 'GitHub Actions'
  return {
    name,
    async ask(audience, signal) {
      if (!isSafeAddress(address))
        throw wrongUsage(
          '`ACTIONS_ID_TOKEN_REQUEST_URL` is an unsafe address: a token sent there could leak',
          'it is https',
        )
      const url = new URL(address)
      url.searchParams.set('audience', audience)
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${requestToken}`, accept: 'application/json' },
        redirect: 'error',
        signal,
      }).catch((cause: unknown) => {
        throw unavailable(`${name} does not answer (${systemCodeOf(cause) ?? 'no connection'})`)
      })
      const { status } = response
      const answer = Answer.safeParse(parsedJson(await textOf(response).catch(() => '')))
      if (status >= 500 || status === 429) throw unavailable(`${name} answers ${status}`)
      if (!response.ok)
        throw wrongUsage(
          `${name} gives this job no ID token (${status})`,
          'the job needs `permissions: id-token: write`, and must still be running',
        )
      if (answer.success) return answer.data.value
      throw unavailable(`the answer of ${name} has no \`value\``)
    },
  }
}

import type * as z from 'zod'
import { IssuerUnavailable } from '../../operations/faults.ts'

/** How long an issuer has to answer, however many questions that takes. */
export const patience = () => AbortSignal.timeout(2000)

/** A key set with fifty RSA keys is smaller. */
const sizeLimit = 65_536

/**
 * A JSON document of an issuer. Redirects are not followed: the address on the allow-list is the address.
 *
 * @throws IssuerUnavailable when there is no answer in time, or one that is too large or not as `schema` says
 */
export async function fetchJson<T extends z.ZodType>(
  uri: string,
  schema: T,
  { accept = 'application/json', signal }: { accept?: string; signal: AbortSignal },
): Promise<z.infer<T>> {
  try {
    const response = await fetch(uri, { headers: { accept }, redirect: 'error', signal })
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    return schema.parse(JSON.parse(await limitedText(response)))
  } catch (cause) {
    throw new IssuerUnavailable(`no keys can be had from \`${uri}\``, { cause })
  }
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > sizeLimit) throw new Error(`its answer is over ${sizeLimit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

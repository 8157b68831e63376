import { Fault } from './outcome.ts'

/** Above the limits of Lambda (6 MB) and API Gateway (10 MB). Bytes. */
const usual = 16 * 1024 * 1024

/** The body of an answer, read up to `most` unpacked bytes, so that a server cannot fill the memory. @throws Fault */
export async function bytesOf(response: Response, most = usual): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop cancels the stream.
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > most)
      throw new Fault({
        code: 'too_long',
        title: `the answer of \`${URL.canParse(response.url) ? new URL(response.url).origin : 'a server'}\` is too long`,
        detail: `it has more than ${most / 1024 / 1024} MiB: is it your Hotwork, or your identity provider?`,
      })
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

export const textOf = async (response: Response): Promise<string> => new TextDecoder().decode(await bytesOf(response))

/** A bounded `fetch` for libraries that read response bodies themselves. */
export async function boundedFetch(address: string, options: object): Promise<Response> {
  const response = await fetch(address, options)
  const bytes = await bytesOf(response)
  const { status, statusText, headers } = response
  return new Response(response.body === null ? null : bytes, { status, statusText, headers })
}

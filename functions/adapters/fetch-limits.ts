// Rules: test/adapters/incidents/http-incidents.test.ts
/** The text of a body. Undefined if the body is larger: only that much of it is kept. */
export async function readText(
  { body }: { body: AsyncIterable<Uint8Array> | null },
  most: number,
): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > most) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** For a race with a call that takes no signal itself. */
export const rejectAt = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

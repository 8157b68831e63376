// Rules: test/adapters/incidents/http-incidents.test.ts
/** The text of a body. Undefined if it is larger than the limit, up to which it is read. */
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

/** Rejects at the abort, for a race with a call that has no signal of its own. */
export const rejectAt = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

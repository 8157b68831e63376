/** Undefined where the body is larger: no more than that is kept of it. */
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

/** To race against what takes no signal itself. */
export const rejectAt = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

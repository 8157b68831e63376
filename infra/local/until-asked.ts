/** Why everything is being ended: a person or another program asked for it. */
export class AskedToEnd extends Error {
  override readonly name = 'AskedToEnd'
}

/**
 * Listens for Ctrl-C, SIGTERM and the closing of the terminal. The first ends in order, by `signal` and `promise`; a
 * second one ends the process at once, and what it started ends with it.
 */
export function untilAsked(): { signal: AbortSignal; promise: Promise<void> } {
  const controller = new AbortController()
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort(new AskedToEnd(`asked to end by ${name}`))
      resolve()
    })
  }
  return { signal: controller.signal, promise }
}

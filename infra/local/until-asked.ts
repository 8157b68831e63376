/** Why everything is being ended: a person or another program asked for it. */
export class AskedToEnd extends Error {
  override readonly name = 'AskedToEnd'
}

/**
 * Listens for Ctrl-C, SIGTERM and the closing of the terminal. The first ends in order, by the signal; a second one ends
 * the process at once, and what it started ends with it.
 */
export function untilAsked(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(130)
      controller.abort(new AskedToEnd(`asked to end by ${name}`))
    })
  }
  return controller.signal
}

/** What the end of a local stack takes with it: the emulator, the identity provider and the desk keep all in memory. */
export const endingWords = (directory: string): string =>
  `\nending the local stack: its requests, its record and its keys are gone; its logs stay in ${directory}/log\n`

/** Waits until a signal aborts. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

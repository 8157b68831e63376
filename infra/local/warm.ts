/** Where a person or an agent first waits for an answer. Without credentials each refuses and writes nothing. */
const doors = [
  ['POST', '/slack/events'],
  ['POST', '/access/v1/evaluation'],
  ['POST', '/access/v1/requests'],
  ['GET', '/access/v1/requests/req_00000000000000000000000000'],
  ['POST', '/token'],
  ['POST', '/aws/credentials'],
  ['GET', '/v1/requests'],
] as const

/**
 * Knocks at the doors of a deployed API, so that their Lambdas have loaded. Here the first load takes a second or two
 * on busy cores, and Slack waits three for the answer to a click. What they answer does not matter.
 */
export async function warm(apiUrl: string, signal: AbortSignal): Promise<void> {
  // One after the other: at once they would only share the cores.
  for (const [method, path] of doors) {
    await fetch(apiUrl + path, { method, signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) }).then(
      (response) => response.body?.cancel(),
      () => signal.throwIfAborted(),
    )
  }
}

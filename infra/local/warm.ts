import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A route to knock at. */
export type Door = { method: string; path: string }

type Template = { Resources: { [id: string]: { Type: string; Properties?: { [name: string]: unknown } } } }

/**
 * One route of each Lambda behind the API of a synthesized stack, whichever: a function that is added is warmed too.
 * @param assembly The folder of the cloud assembly.
 */
export function doorsOf(assembly: string, stackName: string): readonly Door[] {
  const { Resources } = JSON.parse(readFileSync(join(assembly, `${stackName}.template.json`), 'utf8')) as Template
  const doors = new Map<string, Door>()
  for (const { Type, Properties = {} } of Object.values(Resources)) {
    // `$default` is no address: its function has others.
    if (Type !== 'AWS::ApiGatewayV2::Route' || Properties['RouteKey'] === '$default') continue
    const integration = JSON.stringify(Properties['Target'])
    const [method = '', path = ''] = String(Properties['RouteKey']).split(' ')
    if (!doors.has(integration)) doors.set(integration, { method: method.replace('ANY', 'GET'), path: idsIn(path) })
  }
  return [...doors.values()]
}

/** An address for a pattern: of nothing that there is. */
const idsIn = (path: string) => path.replace(/\{[^}]*\}/g, 'req_00000000000000000000000000')

/**
 * Knocks at the doors of a deployed API, so that their Lambdas have loaded. Here the first load takes a second or two
 * on busy cores, and Slack waits three for the answer to a click. What they answer does not matter: without credentials
 * each refuses and writes nothing.
 */
export async function warm(apiUrl: string, doors: readonly Door[], signal: AbortSignal): Promise<void> {
  // One after the other: at once they would only share the cores.
  for (const { method, path } of doors) {
    await fetch(apiUrl + path, { method, signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) }).then(
      (response) => response.body?.cancel(),
      () => signal.throwIfAborted(),
    )
  }
}

// Rules: test/client/sidecar/sidecar.test.ts
import { parsedJson } from '../http.ts'
import { readText } from '../loopback.ts'
import { exits } from '../outcome.ts'
import type { AgentContext } from '../requests/context.ts'
import { lines } from '../screen.ts'
import { type HostTyped, makeHostCalls } from './host-calls.ts'
import { answerHook, type Host, titleOf, usualHookWait } from './host-hook.ts'

export type HookTyped = HostTyped & { host: Host; wait?: number; pending: 'deny' | 'defer' }

/** The longest event: events after a call contain the tool's result. Bytes. */
export const mostOfEvent = 64_000_000

/** The exit code of a refusal: the only one besides 0 that hosts read. The reason is on standard error. */
const blocked = 2

/** A command hook: an event on standard input, the answer on standard output. A fault blocks the call. */
export async function hook(
  typed: HookTyped,
  context: AgentContext,
  input: AsyncIterable<Uint8Array> = process.stdin,
): Promise<number> {
  const { surroundings } = context
  const { host, pending, wait = usualHookWait } = typed
  const tell = (words: string) => surroundings.err(lines(`Hotwork: ${words}`))
  try {
    const parts = { ...makeHostCalls(typed, context), host, pending, wait, tell }
    const text = await readText(input, mostOfEvent)
    const event = text === undefined ? undefined : parsedJson(text)
    if (event === undefined) {
      tell("the host's event is not JSON, or too long. Nothing was done.")
      return blocked
    }
    const answer = await answerHook(event, parts)
    if (answer.hookSpecificOutput) surroundings.out(`${JSON.stringify(answer)}\n`)
    return exits.done
  } catch (trouble) {
    tell(`${titleOf(trouble)}. Nothing was done.`)
    return blocked
  }
}

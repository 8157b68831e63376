// Rules: test/client/mcp/run-gate.test.ts
import { Signals } from '../../exec/command.ts'
import { inTask } from '../../gated/call-task.ts'
import type { GatedCalls } from '../../gated/gated-calls.ts'
import type { Caller } from '../../identity/callers.ts'
import { exits, Refusal, wrongUsage } from '../../outcome.ts'
import type { Surroundings } from '../../surroundings.ts'
import { openGate } from '../open-gate.ts'
import { type CallsOf, type GateTyped, prepareGate } from '../run-gate.ts'
import { type ListenTyped, listen } from './listen.ts'

/**
 * `hotwork mcp --listen PORT -- CMD`: agents call at an address, and each session has a CMD of its own behind the gate.
 */
export async function runListening(typed: GateTyped & ListenTyped, surroundings: Surroundings): Promise<number> {
  const { command, as } = typed
  if (as !== undefined)
    throw wrongUsage('`--as` is not for a gate that listens', 'each caller is the agent that its own token names')
  const { settings, rules, log, callsOf } = await prepareGate(typed, surroundings)
  const agents = new Agents(callsOf, surroundings)
  const signals = new Signals()
  try {
    const listening = await listen(
      {
        ...typed,
        issuer: settings.apiUrl,
        seen: (caller) => agents.see(caller),
        takesTask: (task) => void inTask(rules.terms, task),
        open: async (host, caller, task) => {
          const calls = await agents.callsOf(caller)
          return openGate(host, command, { calls, rules, log, task }, surroundings)
        },
      },
      surroundings,
    )
    log(`listens at ${listening.url}`)
    await signals.stopped
    log('ends: calls that run come to their end first')
    await listening.end()
    return exits.done
  } finally {
    signals.close()
  }
}

/** The agents that have called, each with its gated calls. Each agent's newest token is used for Hotwork. */
class Agents {
  readonly #make: CallsOf
  readonly #surroundings: Pick<Surroundings, 'now'>
  readonly #last = new Map<string, Caller>()
  readonly #calls = new Map<string, Promise<GatedCalls>>()

  constructor(make: CallsOf, surroundings: Pick<Surroundings, 'now'>) {
    this.#make = make
    this.#surroundings = surroundings
  }

  see(caller: Caller): void {
    const last = this.#last.get(caller.key)
    if (!last || last.expiresAt < caller.expiresAt) this.#last.set(caller.key, caller)
  }

  callsOf({ key }: Caller): Promise<GatedCalls> {
    const known = this.#calls.get(key)
    if (known) return known
    const made = this.#make(() => this.#tokenOf(key), key)
    this.#calls.set(key, made)
    made.then(
      // Reports to Hotwork the calls during which an earlier gate was killed.
      (calls) => calls.settle().catch(() => {}),
      () => this.#calls.delete(key),
    )
    return made
  }

  async #tokenOf(key: string): Promise<string> {
    const last = this.#last.get(key)
    if (last && last.expiresAt > this.#surroundings.now().getTime() / 1000) return last.token
    const detail = 'the host sends a fresh one with its next call: call again with the same arguments'
    throw new Refusal(exits.denied, { code: 'token_expired', title: "the agent's workload token has expired", detail })
  }
}

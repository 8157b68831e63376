import * as z from 'zod'
import { readText } from '../../adapters/fetch-limits.ts'
import { addressesOf } from '../../domain/policy/bundle.ts'
import { JsonObject, parseJson, ToolId } from '../../domain/values.ts'
import type { Statements } from '../../operations/credentials/ports.ts'
import { faultName } from '../../operations/faults.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { Found, ReadAsk, Reader } from '../reach.ts'

export type ToolPorts = { policy: Pick<Policy, 'bundle'>; statements: Pick<Statements, 'sign'> }

/** Reads at a tool, as Hotwork itself. It never throws. */
export interface ToolReader {
  read(ask: ReadAsk, tool: ToolId): Promise<Found>
}

/** Reads at the tool of an entry, if the tool has an address for it. */
export const readerOf = (tools: ToolReader, { policy }: Pick<ToolPorts, 'policy'>): Reader => ({
  canRead: ({ tool }) => addressesOf(policy.bundle, tool)?.reads !== undefined,
  read: (ask, { tool }) => tools.read(ask, ToolId.parse(tool)),
})

const Problem = z.looseObject({ type: z.string() })

const sizeLimit = 262_144

/**
 * Reads the state at a tool, by one POST with the read's name and arguments. The token identifies Hotwork; it is reused
 * for some minutes, so that most readings need no signature.
 */
export class HttpToolReader implements ToolReader {
  readonly #ports: ToolPorts

  constructor(ports: ToolPorts) {
    this.#ports = ports
  }

  async read(ask: ReadAsk, tool: ToolId): Promise<Found> {
    try {
      return await this.#ask(ask, tool)
    } catch (fault) {
      return unavailable(faultName(fault))
    }
  }

  async #ask({ action, arguments: args, absent, signal }: ReadAsk, tool: ToolId): Promise<Found> {
    const { reads } = addressesOf(this.#ports.policy.bundle, tool) ?? {}
    if (reads === undefined) return unavailable('no_address')
    const token = await this.#ports.statements.sign('read', { tool })
    if (token === undefined) return unavailable('unsigned')
    const response = await fetch(reads, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ action, arguments: args }),
      // A redirect could lead to an address that the deployer did not name.
      redirect: 'manual',
      signal,
    })
    const text = await readText(response, sizeLimit)
    if (text === undefined) return { found: 'failed', why: 'unreadable', fault: 'too_large' }
    if (response.status === 200) return answerIn(response, text)
    const code = Problem.safeParse(parseJson(text)).data?.type.split(/[/:#]/).at(-1)
    if (response.status >= 400 && code !== undefined && absent.includes(code)) return { found: 'absent' }
    const denied = response.status === 401 || response.status === 403
    return denied
      ? { found: 'failed', why: 'denied', fault: `status_${response.status}` }
      : unavailable(`status_${response.status}`)
  }
}

const unavailable = (fault: string): Found => ({ found: 'failed', why: 'unavailable', fault })

function answerIn(response: Response, text: string): Found {
  const isJson = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(response.headers.get('content-type') ?? '')
  const answer = isJson ? JsonObject.safeParse(parseJson(text)) : undefined
  return answer?.success
    ? { found: 'answer', answer: answer.data }
    : { found: 'failed', why: 'unreadable', fault: 'no_json' }
}

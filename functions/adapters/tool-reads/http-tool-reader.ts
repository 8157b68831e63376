import * as z from 'zod'
import { readSeconds } from '../../domain/credentials/statements.ts'
import { addressesOf, type Bundle } from '../../domain/policy/bundle.ts'
import { JsonObject, type NumericDate, parseJson, type ToolId } from '../../domain/values.ts'
import type { Statements } from '../../operations/credentials/ports.ts'
import { faultName } from '../../operations/faults.ts'
import type { Clock } from '../../operations/ports.ts'
import type { Found, ReadAsk, ToolReader } from '../../operations/previews/sources.ts'
import { readText } from '../fetch-limits.ts'

type Ports = { policy: { bundle: Bundle }; statements: Pick<Statements, 'sign'>; clock: Clock }

const Problem = z.looseObject({ type: z.string() })

const sizeLimit = 262_144

/**
 * Asks a tool what is there, by one POST of the read's name and arguments. The token says that it is Hotwork that asks; it
 * is the same for some minutes, so that most readings cost no signature.
 */
export class HttpToolReader implements ToolReader {
  readonly #ports: Ports

  constructor(ports: Ports) {
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
    const { reads, audience } = addressesOf(this.#ports.policy.bundle, tool) ?? {}
    if (reads === undefined || audience === undefined) return unavailable('no_address')
    const token = await this.#ports.statements.sign('read', { aud: audience, ...this.#window() })
    if (token === undefined) return unavailable('unsigned')
    const response = await fetch(reads, {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ action, arguments: args }),
      // A redirect leads to an address that the deployer did not name.
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

  /** The same for all of two minutes, and good for two more at least, so that what is signed can be used again. */
  #window(): { iat: NumericDate; exp: NumericDate } {
    const now = this.#ports.clock.now()
    const iat = now - (now % (readSeconds - margin - margin))
    return { iat, exp: iat + readSeconds }
  }
}

/** Seconds that a tool's clock may be behind or before ours. */
const margin = 90

const unavailable = (fault: string): Found => ({ found: 'failed', why: 'unavailable', fault })

function answerIn(response: Response, text: string): Found {
  const isJson = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(response.headers.get('content-type') ?? '')
  const answer = isJson ? JsonObject.safeParse(parseJson(text)) : undefined
  return answer?.success
    ? { found: 'answer', answer: answer.data }
    : { found: 'failed', why: 'unreadable', fault: 'no_json' }
}

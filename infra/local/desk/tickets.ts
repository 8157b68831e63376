import { randomBytes } from 'node:crypto'

const triggerLifetime = 3_000
const responseUrlLifetime = 30 * 60_000
const responseUrlUses = 5

interface Trigger {
  user: string
  expiresAt: number
  used: boolean
}

/** Where an answer through a `response_url` goes. */
export interface ResponseTarget {
  channel: string
  user: string
  /** The message that was clicked. */
  messageTs?: string
  /** The ephemeral that was clicked. */
  ephemeralTs?: string
}

export type TriggerRefusal = 'invalid_trigger_id' | 'exchanged_trigger_id' | 'expired_trigger_id'

/** What an interaction hands out for a while: a trigger (once, 3 s) and a response address (5 times, 30 min). */
export class Tickets {
  readonly #clock: () => number
  readonly #triggers = new Map<string, Trigger>()
  readonly #responses = new Map<string, ResponseTarget & { expiresAt: number; usesLeft: number }>()

  constructor(clock: () => number) {
    this.#clock = clock
  }

  issueTrigger(user: string): string {
    const id = `${this.#clock()}.${randomBytes(4).readUInt32BE()}.${randomBytes(16).toString('hex')}`
    this.#triggers.set(id, { user, expiresAt: this.#clock() + triggerLifetime, used: false })
    return id
  }

  /** Exchanges a trigger for the person who caused it, once. */
  useTrigger(id: string): { user: string } | { refusal: TriggerRefusal } {
    const trigger = this.#triggers.get(id)
    if (!trigger) return { refusal: 'invalid_trigger_id' }
    if (trigger.used) return { refusal: 'exchanged_trigger_id' }
    if (this.#clock() >= trigger.expiresAt) return { refusal: 'expired_trigger_id' }
    trigger.used = true
    return { user: trigger.user }
  }

  /** Returns the secret last part of a response address. */
  issueResponse(target: ResponseTarget): string {
    const key = randomBytes(18).toString('base64url')
    this.#responses.set(key, { ...target, expiresAt: this.#clock() + responseUrlLifetime, usesLeft: responseUrlUses })
    return key
  }

  useResponse(key: string): ResponseTarget | { refusal: 'used_url' | 'expired_url' | 'invalid_url' } {
    const response = this.#responses.get(key)
    if (!response) return { refusal: 'invalid_url' }
    if (this.#clock() >= response.expiresAt) return { refusal: 'expired_url' }
    if (response.usesLeft === 0) return { refusal: 'used_url' }
    response.usesLeft -= 1
    return response
  }
}

import { createHmac, timingSafeEqual } from 'node:crypto'
import * as z from 'zod'
import { jsonIn } from '../../adapters/read-json.ts'
import { accountsOf } from '../../domain/people/organisation.ts'
import { sentencesOf } from '../../domain/refusals.ts'
import { RequestId } from '../../domain/values.ts'
import type { ChannelCore } from '../core.ts'
import { showsAll } from './words.ts'

/** The oldest age of a click. Seconds. */
const freshness = 300

const Click = z.strictObject({
  room: z.string(),
  from: z.string(),
  verdict: z.enum(['approve', 'deny']),
  request: RequestId,
  round: z.int().positive(),
  digest: z.string(),
})

export type ToyRequest = { timestamp: string; signature: string; body: string }
export type ToyAnswer = { status: number; told: string }

export const signToy = (key: string, { timestamp, body }: Omit<ToyRequest, 'signature'>): string =>
  createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex')

/** The click of a person in one room: signed by it, fresh, taken once. */
export const receiveToy =
  (chat: { alias: string; room: string }, key: () => Promise<string>, core: ChannelCore) =>
  async ({ timestamp, signature, body }: ToyRequest): Promise<ToyAnswer> => {
    const now = core.now()
    const [wanted, given] = [signToy(await key(), { timestamp, body }), signature].map((each) => Buffer.from(each))
    if (!wanted || !given || wanted.length !== given.length || !timingSafeEqual(wanted, given)) return no(401)
    if (!(Math.abs(now - Number(timestamp)) <= freshness)) return no(401)
    const click = Click.safeParse(jsonIn(body)).data
    if (click?.room !== chat.room) return no(400)
    const { from, verdict, request: id, round, digest } = click
    const person = core.bundle.directory.people.find((each) => accountsOf(each).get(chat.alias) === from)
    if (person?.status !== 'active') return { status: 200, told: 'Your account is no person here.' }
    const ask = { id, person: person.id, verdict, round, digest, through: 'chat', login: {} } as const
    const once = { key: `SEEN#toy#${chat.alias}#${signature}`, value: id, expiresAt: Number(timestamp) + 2 * freshness }
    const shows = (state: Parameters<typeof showsAll>[0]) => showsAll(state, core.bundle)
    const decided = await core.decide({ ...ask, once, showsAll: shows }, () => true)
    return { status: 200, told: decided.ok ? '' : sentencesOf(decided.code, decided.detail) }
  }

const no = (status: number): ToyAnswer => ({ status, told: 'not taken' })

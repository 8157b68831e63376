import * as z from 'zod'
import { type Bundle, settingsOf } from '../../domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../domain/policy/catalogue.ts'
import type { Ask } from '../../domain/record/request.ts'
import { JsonObject, rfc3339 } from '../../domain/values.ts'
import { BrokerRefused, BrokerUnavailable, faultName } from '../../operations/faults.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { CallMaker, Ender, Issuer, Reader } from '../reach.ts'
import { toy } from './kind.ts'

export type ToyPorts = { policy: Pick<Policy, 'bundle'> }

const addressOf = (bundle: Bundle, entry: Pick<CatalogueEntry, 'account' | 'target'> | undefined): string =>
  toy.settings.strip().parse(settingsOf(bundle, { account: undefined, target: entry?.target })).address

const sent = (url: string, method: string, body?: object, signal: AbortSignal = AbortSignal.timeout(5000)) =>
  fetch(url, { method, signal, redirect: 'manual', ...(body && { body: JSON.stringify(body) }) })

export const readerOf = ({ policy: { bundle } }: ToyPorts): Reader => ({
  canRead: () => true,
  async read({ arguments: args, signal }, entry) {
    try {
      const response = await sent(`${addressOf(bundle, entry)}/state`, 'POST', args, signal)
      if (response.status === 404) return { found: 'absent' }
      if (!response.ok) return { found: 'failed', why: 'unavailable', fault: `status_${response.status}` }
      return { found: 'answer', answer: JsonObject.parse(await response.json()) }
    } catch (fault) {
      return { found: 'failed', why: 'unavailable', fault: faultName(fault) }
    }
  },
})

const Key = z.object({ key: z.string() })
export type Key = z.infer<typeof Key>

/** Keys of a shelf, each with the names by which the shop ends it. */
export const issuerOf = ({ policy: { bundle } }: ToyPorts): Issuer<Key> => ({
  kind: 'toy',
  lifetime: (left) => left,
  async issue(ask, credential, { until }) {
    const address = addressOf(bundle, bundle.actions[ask.action])
    const names = { request: ask.id, credential, agent: ask.agent.id, owner: ask.owner }
    const body = { ...ask.arguments, names, until: rfc3339(until) }
    const response = await sent(`${address}/keys`, 'POST', body).catch((cause: unknown) => {
      throw new BrokerUnavailable('the shop did not answer', { cause })
    })
    if (!response.ok) throw new BrokerRefused(`the shop refused a key: \`${response.status}\``)
    return Key.parse(await response.json())
  },
})

export const callMakerOf = ({ policy: { bundle } }: ToyPorts): CallMaker => {
  const at = (ask: Ask) => `${addressOf(bundle, bundle.actions[ask.action])}/refills`
  return {
    kind: 'toy',
    async make(ask, credential) {
      try {
        const { status } = await sent(at(ask), 'POST', { ...ask.arguments, credential })
        if (status === 412) return { outcome: 'outdated' }
        if (status >= 500) return { outcome: 'unanswered' }
        return status >= 400 ? { outcome: 'refused', reason: `status_${status}` } : { outcome: 'told', output: {} }
      } catch (fault) {
        return isUnsent(fault) ? { outcome: 'not_sent', fault: faultName(fault) } : { outcome: 'unanswered' }
      }
    },
    async lookUp(ask, { credential }) {
      const { status } = await sent(`${at(ask)}/${credential}`, 'GET')
      if (status === 200) return { found: 'done', output: {} }
      return { found: status === 404 ? 'not_done' : 'unknown' }
    },
  }
}

/** The connection was refused. */
const isUnsent = (fault: unknown): boolean => Object(Object(fault).cause).syscall === 'connect'

/** Ends keys by a name, or all by `*`; with a time, only those from before it. */
export const enderOf = ({ policy: { bundle } }: ToyPorts): Ender => ({
  async end(place, denies) {
    const address = addressOf(bundle, { account: undefined, target: place.replace(/^toy:/, '') })
    for (const { tag, value, issuedBefore } of denies) {
      const by = tag.replace(/^hotwork:/, '')
      const response = await sent(`${address}/keys/end`, 'POST', { by, value, issuedBefore })
      if (!response.ok && response.status !== 404) throw new Error(`the shop ended no key: \`${response.status}\``)
    }
  },
})

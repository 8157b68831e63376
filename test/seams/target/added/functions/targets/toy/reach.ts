import { settingsOf } from '../../domain/policy/bundle.ts'
import { JsonObject } from '../../domain/values.ts'
import { faultName } from '../../operations/faults.ts'
import type { Policy } from '../../operations/policy/ports.ts'
import type { Reader } from '../reach.ts'
import { toy } from './kind.ts'

export type ToyPorts = { policy: Pick<Policy, 'bundle'> }

export const readerOf = ({ policy: { bundle } }: ToyPorts): Reader => ({
  canRead: () => true,
  async read({ arguments: args, signal }, entry) {
    try {
      const { address } = toy.settings.strip().parse(settingsOf(bundle, entry))
      const response = await fetch(`${address}/state`, { method: 'POST', body: JSON.stringify(args), signal })
      if (response.status === 404) return { found: 'absent' }
      if (!response.ok) return { found: 'failed', why: 'unavailable', fault: `status_${response.status}` }
      return { found: 'answer', answer: JsonObject.parse(await response.json()) }
    } catch (fault) {
      return { found: 'failed', why: 'unavailable', fault: faultName(fault) }
    }
  },
})

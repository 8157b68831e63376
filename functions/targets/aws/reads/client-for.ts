// Rules: test/targets/aws/reads/aws-reads.test.ts
import type { bounded } from '../../../adapters/aws-client.ts'
import type { JsonObject } from '../../../domain/values.ts'
import type { ReaderSessions } from './reader-sessions.ts'

/** A client lives as long as the process: the next reading finds its connection open. */
export type ReadSettings = {
  region: string
  credentials: ReturnType<ReaderSessions['of']>
} & ReturnType<typeof bounded>

/** AWS's answer in the SDK's form. The settings are the same object for the same account. */
export type Read = (args: JsonObject, settings: ReadSettings, signal: AbortSignal) => Promise<object>

/** One client for each settings object, made at its first use. */
export function clientFor<Client>(make: (settings: ReadSettings) => Client): (settings: ReadSettings) => Client {
  const clients = new WeakMap<ReadSettings, Client>()
  return (settings) => {
    const client = clients.get(settings) ?? make(settings)
    clients.set(settings, client)
    return client
  }
}

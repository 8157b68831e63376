import type { Bundle } from '../../../functions/domain/policy/bundle.ts'
import type { KeySet, Signer } from '../../../functions/operations/credentials/ports.ts'
import type { Policy } from '../../../functions/operations/policy/ports.ts'
import type { DecidingPorts } from '../../../functions/operations/requests/ports.ts'
import type { AwsCaller } from '../../../functions/operations/uses/ports.ts'
import { MemoryCardStore } from '../../support/cards/memory-card-store.ts'
import { MemoryCallRecord } from '../../support/credentials/memory-call-record.ts'
import { MemoryCaller } from '../../support/credentials/memory-caller.ts'
import { MemorySigner } from '../../support/credentials/memory-signer.ts'
import { MemoryStatements } from '../../support/credentials/memory-statements.ts'
import type { World } from '../../support/world.ts'

/**
 * What the handlers are wired to in the `client` project (jest.config.cjs): a world in memory in place of AWS. They are
 * loaded once and keep what they are given, so each port reads the world of the running test.
 */

let world: World | undefined
/** What AWS has on record of calls, and what was posted to Slack. */
export let calls = new MemoryCallRecord()
/** AWS, as far as Hotwork calls it itself. */
export let caller = new MemoryCaller()
let cards = new MemoryCardStore()

/** From now on the handlers stand on this world. */
export function useWorld(next: World): void {
  world = next
  calls = new MemoryCallRecord()
  caller = new MemoryCaller()
  cards = new MemoryCardStore()
}

function current(): World {
  if (!world) throw new Error('no world yet: call useWorld before a handler is loaded')
  return world
}

/** Stands for what `of` says now, each time that something of it is asked for. */
const live = <T extends object>(of: (world: World) => T): T =>
  new Proxy({} as T, {
    get(_, name) {
      const target = of(current())
      const value = Reflect.get(target, name, target) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

export const decidingPorts = (): DecidingPorts => ({
  requests: live(({ requests }) => requests),
  ledger: live(({ ledger }) => ledger),
  policy: cedarPolicy(),
  clock: live(({ clock }) => clock),
  ids: live(({ ids }) => ids),
  log: live(({ log }) => log),
})

export const apiPorts = ({ ISSUER }: { ISSUER: string }) => ({ ...decidingPorts(), issuer: ISSUER })

export const permitPorts = (told: { ISSUER: string }) => ({
  ...apiPorts(told),
  permits: live(({ permits }) => permits),
})

export const evidenceIn = () => ({
  calls: live(() => calls),
  cards: live(() => cards),
  account: '000000000000',
})

export const cedarPolicy = (): Policy => live(({ policy }) => policy)
export const readBundle = (): Bundle => current().policy.bundle
export const factsOnly = cedarPolicy

export const connect = () => undefined
export class DynamoRequestStore {
  constructor() {
    // biome-ignore lint/correctness/noConstructorReturn: the handler gets the world's own store
    return live(({ requests }) => requests) as never
  }
}
export class DynamoPermitStore {
  constructor() {
    // biome-ignore lint/correctness/noConstructorReturn: the same
    return live(({ permits }) => permits) as never
  }
}

/** One key for all worlds: the verifiers remember it, as they remember that of KMS. */
const signer = new MemorySigner()
export class KmsSigner implements Signer {
  sign: Signer['sign'] = (typ, claims) => signer.sign(typ, claims)
}
export class KmsKeySet implements KeySet {
  jwks: KeySet['jwks'] = () => signer.jwks()
}
export const statementsOf = ({ ISSUER }: { ISSUER: string }): MemoryStatements =>
  new MemoryStatements(
    ISSUER,
    signer,
    live(({ clock }) => clock),
  )
export class StsBroker {
  assume: World['broker']['assume'] = (ask) => current().broker.assume(ask)
}
export class SdkCaller implements AwsCaller {
  call: AwsCaller['call'] = (call) => caller.call(call)
  lookUp: AwsCaller['lookUp'] = (call) => caller.lookUp(call)
}

import { noEntries } from '../../functions/domain/ledger/ledger.ts'
import type { Bundle } from '../../functions/domain/policy/bundle.ts'
import type { Answer } from '../../functions/domain/policy/question.ts'
import type { ApprovedRequest } from '../../functions/domain/record/request.ts'
import type { AgentId, RequestId } from '../../functions/domain/values.ts'
import type { AccessToken } from '../../functions/operations/credentials/ports.ts'
import { StaleRequest } from '../../functions/operations/faults.ts'
import { declareHalt } from '../../functions/operations/halts/halt.ts'
import type { Policy } from '../../functions/operations/policy/ports.ts'
import type { MakingPorts, RequestStore } from '../../functions/operations/record/ports.ts'
import { revokeRequest } from '../../functions/operations/requests/end-request.ts'
import { beginUse } from '../../functions/operations/uses/use.ts'
import { MemoryHaltStore } from '../../test/support/ledger/memory-halt-store.ts'
import { person } from '../../test/support/world.ts'
import { GateWorld } from './gate-world.ts'
import { compared, type Finding } from './harness.ts'

/** Outcomes of uses that race one stop: those begun before it returned, and those after. */
type Raced = { before: Counted; after: Counted }
type Counted = { permitted: number; refused: number }

/** Tools that ask at once. Each asks again after its answer. */
const tools = 4

/**
 * P13: no use that begins after a revocation has returned succeeds, and none after a halt has, however the calls fall
 * between each other's reads and writes. The operations run over the memory store, where every call yields to the
 * others first.
 */
export async function raceRevocation(bundle: Bundle, uses: number): Promise<Finding[]> {
  const revoked = await race(bundle, uses, async (world, granted) => {
    const done = await revokeRequest({ id: granted.ask.id, person: person('gus'), reason: 'the race' }, world.ports)
    if (!done.ok) throw new Error(`the revocation should be permitted: ${done.code}`)
  })
  const halted = await race(bundle, uses, halt)
  const remembering = await race(bundle, uses / 10, halt, ({ ports }) => ({
    ...ports,
    requests: rememberingHalts(ports.requests),
  }))
  return [
    none('P13', `${uses.toLocaleString('en')} racing uses / one revocation: permitted after it returned`, revoked),
    none('P13', `${uses.toLocaleString('en')} racing uses / one halt: permitted after it returned`, halted),
    compared('  obvious: halts remembered and not read at each use', told(remembering)),
  ]
}

async function halt(world: GateWorld, granted: ApprovedRequest): Promise<void> {
  const halts = new MemoryHaltStore(world.requests, world.ledger)
  const target = { kind: 'agent', value: granted.ask.agent.id as AgentId } as const
  const ask = { target, reason: 'the race', person: person('gus') }
  const done = await declareHalt(ask, { ...world.ports, halts, targetRoles: [] })
  if (!done.ok) throw new Error(`the halt should be permitted: ${done.code}`)
}

/** A faulty gate that saves a read: it reuses the halts that it found at the first use. */
function rememberingHalts(requests: RequestStore): RequestStore {
  let found: ReturnType<RequestStore['dependencies']> | undefined
  return new Proxy(requests, {
    get(target, name) {
      if (name === 'dependencies')
        return (...asked: Parameters<RequestStore['dependencies']>) => {
          found ??= target.dependencies(...asked)
          return found
        }
      const member = Reflect.get(target, name) as unknown
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}

/** The same policy with a cache of answers: the race is about the record, and Cedar is most of the cost of a use. */
function answeringOnce(policy: Policy): Policy {
  const answers = new Map<string, Answer>()
  return {
    bundle: policy.bundle,
    ask(question) {
      const key = JSON.stringify(question)
      const answer = answers.get(key) ?? policy.ask(question)
      answers.set(key, answer)
      return answer
    },
  }
}

/**
 * Races in heats of a hundred uses, each heat with its own grant, since every use makes its grant longer. The stop
 * begins at a different time in each heat.
 */
async function race(
  bundle: Bundle,
  uses: number,
  stop: (world: GateWorld, granted: ApprovedRequest) => Promise<void>,
  portsOf: (world: GateWorld) => MakingPorts = ({ ports }) => ports,
): Promise<Raced> {
  const perHeat = 100
  const raced: Raced = { before: { permitted: 0, refused: 0 }, after: { permitted: 0, refused: 0 } }
  const { world, granted } = await GateWorld.make(bundle)
  world.policy = answeringOnce(world.policy)
  for (let heat = 0; heat < uses / perHeat; heat++) {
    // Lifts the halt of the heat before.
    world.requests.putHalts({ kind: 'agent', value: granted.ask.agent.id as AgentId }, [])
    // The sample grants one use, and an exhausted grant would refuse for that reason: this one has more uses than the
    // heat.
    const id = world.ids.request() as RequestId
    const state = { ...granted, ask: { ...granted.ask, id, uses: 2 * perHeat } }
    await world.requests.commit({ id, expected: noEntries, state, entries: [], head: { sequence: 1, hash: id } })
    const ports = portsOf(world)
    const token: AccessToken = {
      jti: granted.grant.credentials.access_token?.id as AccessToken['jti'],
      request: id,
      agent: granted.ask.agent.id,
      audience: world.audience,
      jkt: world.jkt,
      expiresAt: granted.grant.notAfter,
    }
    let begun = 0
    let returned = false
    let stopping: Promise<void> | undefined
    const stopAt = 5 + ((heat * 37) % 50)
    const ask = async () => {
      while (begun < perHeat) {
        begun += 1
        const counted = returned ? raced.after : raced.before
        const { tool, action } = world
        const key = `use ${begun}`
        if (begun === stopAt)
          stopping = stop(world, state).then(() => {
            returned = true
          })
        const once = world.proof()
        const done = await beginUse({ tool, token, action, arguments: world.arguments, key, once }, ports).catch(
          (fault: unknown) => {
            // The commit conflicted too often: nothing was permitted, and the tool asks again.
            if (fault instanceof StaleRequest) return { ok: false } as const
            throw fault
          },
        )
        counted[done.ok ? 'permitted' : 'refused'] += 1
      }
    }
    await Promise.all(Array.from({ length: tools }, ask))
    await stopping
  }
  return raced
}

const told = ({ before, after }: Raced): string =>
  `${after.permitted} of ${after.permitted + after.refused} (${before.permitted} of ${before.permitted + before.refused} that began before)`

const none = (id: string, what: string, raced: Raced): Finding => ({
  id,
  what,
  target: '0',
  measured: told(raced),
  // A race without a refusal after the stop, or without a permit before it, proves nothing.
  verdict: raced.after.permitted === 0 && raced.after.refused > 0 && raced.before.permitted > 0 ? 'met' : 'missed',
})

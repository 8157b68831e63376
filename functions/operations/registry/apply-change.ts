// Rules: test/operations/registry/apply-change.test.ts
import { entryOf, isSameEntry } from '../../domain/agents/agent-change.ts'
import { type GovernedRegistry, registryUsed } from '../../domain/agents/governed-registry.ts'
import { differenceOf, type RegistryEvent, registrationOfAgent } from '../../domain/agents/registry.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import type { Agent } from '../../domain/people/organisation.ts'
import type { ApplyChange } from '../../domain/record/commands.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { isToApply, whyNotApplied } from '../../domain/requests/change-registry.ts'
import type { RefusalOf } from '../../domain/requests/decide.ts'
import { AgentId, actorNamed, defined, type JsonObject, type NumericDate, type RequestId } from '../../domain/values.ts'
import type { GovernedChange, GovernedReader } from '../agents/ports.ts'
import { authorityOf } from '../policy/gather.ts'
import { type CarriedOut, carryOut } from '../record/carry-out.ts'
import type { DecidingPorts } from '../record/ports.ts'
import { folderOf, nextRegistry } from './ask-for-change.ts'

export type ApplyPorts = DecidingPorts & { agents: GovernedReader }

/**
 * Makes an approved change of the registry: exactly what people decided on, on the entry that they decided on, if policy
 * and the checks still allow it. The request's end and the registry are one transaction, so that a repeat does nothing
 * and a crash leaves nothing half done. A lost race begins again from the record.
 */
export async function applyChange(id: RequestId, ports: ApplyPorts): Promise<CarriedOut<RefusalOf<ApplyChange>>> {
  let made: GovernedChange | undefined
  return carryOut(
    id,
    ports,
    async (state, now) => {
      made = undefined
      await ports.policy.look?.([], 'fresh')
      const registry = await ports.agents.governed()
      const authority = await authorityOf(state, { moment: 'issue', now }, ports)
      const found = changeOf(state, registry, now, ports)
      const isHeld = isToApply(state) && !authority.ending && whyNotApplied(state, authority) === undefined
      if (isHeld && 'next' in found) made = await governedChange(state, registry, found.next, now, ports)
      return { type: 'apply_change', ...authority, ...defined({ failed: 'next' in found ? undefined : found }) }
    },
    undefined,
    { registry: () => made },
  )
}

function changeOf(
  { ask }: ApprovalRequest,
  registry: GovernedRegistry,
  now: NumericDate,
  { policy }: Pick<ApplyPorts, 'policy'>,
): { next: GovernedRegistry } | NonNullable<ApplyChange['failed']> {
  const present = entryOf(folderOf(policy), registry, ask.resource.id as AgentId)?.entry
  if (!isSameEntry(ask.change?.before, present)) return { code: 'registry_moved' }
  const next = nextRegistry(ask, policy, registry, now)
  return next.ok ? { next: next.value } : { code: 'invalid_registry', ...defined({ detail: next.detail }) }
}

async function governedChange(
  { ask }: ApprovalRequest,
  registry: GovernedRegistry,
  next: GovernedRegistry,
  now: NumericDate,
  { policy, ledger }: Pick<ApplyPorts, 'policy' | 'ledger'>,
): Promise<GovernedChange> {
  const subject = AgentId.parse(ask.resource.id)
  const files = folderOf(policy)
  const [before, after] = [registry, next].map((each) => entryOf(files, each, subject)?.entry)
  if (!after) throw new TypeError('a change of the registry has an agent')
  const common = { at: now, actor: actorNamed(ask.agent.id), policies: [], bundle: policy.bundle.hash }
  const of = { request: ask.id, version: next.version, owner: after.owner }
  const event: RegistryEvent = { ...common, ...eventOf(before, after), ...of }
  const expected = await ledger.head(subject)
  const { entries, head } = chainEntries(subject, expected, [event], registryUsed(policy.bundle))
  return { next, subject, appended: { expected, entries, head } }
}

function eventOf(before: Agent | undefined, after: Agent) {
  const registration = registrationOfAgent(after)
  if (!before) return { type: 'Registered' as const, registration }
  if (after.status === 'retired') return { type: 'Unregistered' as const, registration }
  const change = differenceOf(registrationOfAgent(before), registration) ?? { from: {}, to: {} }
  return { type: 'RegistrationChanged' as const, ...(change as { from: JsonObject; to: JsonObject }) }
}

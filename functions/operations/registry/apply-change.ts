// Rules: test/operations/registry/apply-change.test.ts
import type { MadeChange } from '../../domain/agents/agent-change.ts'
import { registryUsed } from '../../domain/agents/governed-registry.ts'
import { makeChange } from '../../domain/agents/next-registry.ts'
import { differenceOf, type RegistryEvent, registrationOfAgent } from '../../domain/agents/registry.ts'
import { chainEntries } from '../../domain/ledger/ledger.ts'
import type { Agent } from '../../domain/people/organisation.ts'
import type { ApplyChange } from '../../domain/record/commands.ts'
import type { ApprovalRequest } from '../../domain/record/request.ts'
import { isToApply, whyNotApplied } from '../../domain/requests/change-registry.ts'
import type { RefusalOf } from '../../domain/requests/decide.ts'
import { actorNamed, defined, type JsonObject, type NumericDate, type RequestId } from '../../domain/values.ts'
import type { GovernedChange } from '../agents/ports.ts'
import { authorityOf } from '../policy/gather.ts'
import { type CarriedOut, carryOut } from '../record/carry-out.ts'
import { allAgents, type ChangingPorts } from './ask-for-change.ts'

/**
 * Makes exactly the approved change of the registry, if the agent's entry is unchanged, and policy and the checks still
 * allow it. One transaction ends the request and writes the registry, so it is idempotent. After a lost race it retries
 * from the record.
 */
export async function applyChange(id: RequestId, ports: ChangingPorts): Promise<CarriedOut<RefusalOf<ApplyChange>>> {
  let made: GovernedChange | undefined
  return carryOut(
    id,
    ports,
    async (state, now) => {
      made = undefined
      await ports.policy.look?.([], 'fresh')
      const authority = await authorityOf(state, { moment: 'issue', now }, ports)
      const found = makeChange(allAgents(ports), state.ask, now)
      const isHeld = isToApply(state) && !authority.ending && whyNotApplied(state, authority) === undefined
      if (isHeld && found.ok) made = await governedChange(state, found.value, now, ports)
      return { type: 'apply_change', ...authority, ...defined({ failed: found.ok ? undefined : found }) }
    },
    undefined,
    { registry: () => made },
  )
}

async function governedChange(
  { ask }: ApprovalRequest,
  { before, after, next }: MadeChange,
  now: NumericDate,
  { policy, ledger }: Pick<ChangingPorts, 'policy' | 'ledger'>,
): Promise<GovernedChange> {
  const subject = after.id
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

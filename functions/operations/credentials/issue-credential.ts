// Rules: test/operations/requests/story.test.ts, test/operations/credentials/late-mint.test.ts
import { expiryOf } from '../../domain/credentials/issue.ts'
import { judge } from '../../domain/deciding/judge.ts'
import { hasGap } from '../../domain/policy/catalogue.ts'
import { isGuarded, isOtherState } from '../../domain/previews/drift.ts'
import type { EndingCode, Intend, Issue } from '../../domain/record/commands.ts'
import { type ApprovalRequest, type ApprovedRequest, grantOf } from '../../domain/record/request.ts'
import type { RefusalOf } from '../../domain/requests/decide.ts'
import { type JsonObject, type NumericDate, ok, type Result, refuse } from '../../domain/values.ts'
import { actOf } from '../../targets/kinds.ts'
import type { Issuer } from '../../targets/reach.ts'
import { BrokerRefused } from '../faults.ts'
import { gather } from '../policy/gather.ts'
import type { OnceOnly } from '../ports.ts'
import { type ReaderPorts, readState, readStateFor } from '../previews/read-again.ts'
import { carryOut, readToAct } from '../record/carry-out.ts'
import type { MakingPorts } from '../record/ports.ts'
import { type PlacePorts, placeOf } from './place.ts'
import type { AccessToken } from './ports.ts'
import { overtaken } from './tokens.ts'

export type CredentialRefusal = RefusalOf<Intend | Issue> | EndingCode | 'replayed'
export type IssuingPorts<Issued> = MakingPorts & ReaderPorts & PlacePorts & { reach: Issuer<Issued> }

/**
 * Issues the target's own credentials, which can do the approved action until the grant ends. Another claim replaces
 * the earlier credentials within the same use. @throws BrokerRefused, BrokerUnavailable, Overtaken
 */
export async function issueCredential<Issued>(
  token: AccessToken,
  once: OnceOnly,
  ports: IssuingPorts<Issued>,
): Promise<Result<Issued & { expiresAt: NumericDate }, CredentialRefusal>> {
  const { ids, clock, reach } = ports
  const claim = reach.kind
  const { request: id, agent, jkt, jti: presented } = token
  const [credential, use] = [ids.credential(), ids.use(id)]
  const stored = await readToAct(id, ports)
  if (!stored) return refuse('unknown_request')
  const place = placeOf(stored.state.ask, ports)
  const secondsOf = (state: ApprovalRequest, now: NumericDate) =>
    reach.lifetime((grantOf(state)?.notAfter ?? now) - now)
  const again = await readOnceMore(stored.state, ports)
  if (again && !again.ok) return again
  let expected = again?.value
  const intended = await carryOut(
    id,
    ports,
    async (state, now, requests) => {
      const occasion = { moment: 'issue', now, role: place } as const
      const gathered = await gather(state, occasion, { ...ports, requests }, readStateFor(state, claim, ports))
      expected = gathered.raw ?? expected
      return {
        ...judge(ports.policy, state, gathered, occasion),
        ...{ type: 'intend', agent, jkt, claim, credential, presented },
        ...(place === undefined ? {} : { session: { role: place, endsAt: now + secondsOf(state, now) + 60 } }),
      }
    },
    [once],
    { first: stored, toAct: true },
  )
  if (!intended.ok) return intended
  if (place === undefined) throw new BrokerRefused("the action's target is not in this deployment")
  const live = intended.value.state as ApprovedRequest
  const now = clock.now()
  const seconds = secondsOf(live, now)
  const until = expiryOf(live, now)
  const made = await reach.issue(live.ask, credential, { until, seconds }, expected)
  const issue = { type: 'issue', agent, claim, credential, use } as const
  const issued = await carryOut(id, ports, () => issue, undefined, {
    first: intended.value,
    handsOut: { role: place },
  })
  if (!issued.ok) return overtaken(issued)
  // The end as issued: with a later one SDKs would use dead credentials.
  return ok({ ...made, expiresAt: Math.min(until, now + seconds) })
}

/**
 * Reads the state for another credential of a grant whose credentials carry it, since it is never stored. A state that
 * differs from the approved one means that the act was done, or that another changed the resource: no credential for the
 * new state was approved. Undefined if the first act reads it, or no credential carries it.
 */
async function readOnceMore<Issued>(
  state: ApprovalRequest,
  ports: IssuingPorts<Issued>,
): Promise<Result<JsonObject | undefined, 'state_changed' | 'state_unreadable'> | undefined> {
  const entry = ports.policy.bundle.actions[state.ask.action]
  const { kind } = ports.reach
  if (state.status !== 'approved' || actOf(state.ask.credential) !== kind || isGuarded(state, kind)) return undefined
  if (!entry || hasGap(entry)) return undefined
  const seen = await readState(state.ask, ports)
  if (seen?.preview.outcome !== 'matched') return refuse('state_unreadable')
  return isOtherState(state, { preview: seen.preview }) ? refuse('state_changed') : ok(seen.raw)
}

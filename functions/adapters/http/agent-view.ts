// Rules: test/client/agents/agents.test.ts
import * as z from 'zod'
import { findingsOf, noCounts } from '../../domain/agents/activity.ts'
import {
  ambientByAction,
  ambientCounts,
  type Certified,
  type Counts,
  type Subject,
} from '../../domain/agents/agent-file.ts'
import { inForce, withUnasked } from '../../domain/agents/ambient.ts'
import { guardrailOf } from '../../domain/agents/guardrail.ts'
import { changesSeen, hostNote } from '../../domain/agents/host-words.ts'
import type { LeavingOwner } from '../../domain/agents/leaving-owner.ts'
import type { AgentAnswer, AgentLines, Recertified, SubjectAnswer } from '../../domain/cards/wire/agent.ts'
import type { Said } from '../../domain/cards/wire/word.ts'
import { probedHost } from '../../domain/people/host-kinds.ts'
import type { Identity } from '../../domain/people/organisation.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import { zoneOf } from '../../domain/policy/calendar.ts'
import type { ApprovedRequest } from '../../domain/record/request.ts'
import { Digest, defined, type NumericDate, rfc3339 } from '../../domain/values.ts'
import type { AgentSeen } from '../../operations/agents/read-agents.ts'
import type { Retired, SubjectSeen } from '../../operations/agents/recertify.ts'
import { timeMember } from './authzen.ts'

export const RecertifyBody = z.strictObject({
  reason: z.string().trim().min(1).max(1000),
  /** The digest of the evidence that the person saw. */
  evidence_digest: Digest,
})
/** For an agent, the answer may also be no. */
export const AnswerBody = RecertifyBody.extend({ verdict: z.enum(['certify', 'retire']).default('certify') })

/** The bundle at this moment. */
type Shown = { bundle: Bundle; now: NumericDate }

/** `GET /v1/agents` (docs/api.md): one line of the list. */
export function agentLine(seen: AgentSeen, { bundle, now }: Shown): Said<typeof AgentLines>['agents'][number] {
  const { agent, recertifyBy, file, grants } = seen
  return {
    ...registered(seen),
    runs_on: agent.runsOn,
    recertification: { due: rfc3339(recertifyBy) },
    ambient: {
      ...defined({ at: timeMember(file.looked?.at) }),
      ...ambientCounts(inForce(file.looked, agent, now), Object.keys(bundle.actions)),
    },
    ...defined({ last_seen: timeMember(file.activity?.lastSeen) }),
    live_grants: grants.length,
  }
}

/** `GET /v1/agents/{id}` (docs/api.md). */
export function agentView(seen: AgentSeen & { evidence: Digest }, { bundle, now }: Shown): Said<typeof AgentAnswer> {
  const { agent, recertifyBy, file, grants, allGrants, evidence } = seen
  const { looked, activity } = file
  const known = inForce(looked, agent, now)
  return {
    ...registered(seen),
    identities: agent.identities.map(identityView),
    runs_on: agent.runsOn,
    ...defined({ last_seen: timeMember(activity?.lastSeen) }),
    last_use: Object.fromEntries(Object.entries(activity?.lastUse ?? {}).map(([action, at]) => [action, rfc3339(at)])),
    counts: {
      ...defined({ at: timeMember(activity?.at) }),
      days_30: countsView(activity?.days30 ?? noCounts),
      days_90: countsView(activity?.days90 ?? noCounts),
      ...(activity?.complete === false ? { complete: false } : {}),
    },
    live_grants: grants.map(grantView),
    ...(allGrants ? {} : { more_grants: true }),
    recertification: recertificationView(recertifyBy, file.certified),
    evidence_digest: evidence,
    ambient: {
      ...defined({ at: timeMember(looked?.at), role: looked?.role, failed: looked?.failed?.why }),
      now: rfc3339(now),
      actions: ambientByAction(known, Object.keys(bundle.actions)),
      resources: known ? withUnasked(bundle, known.actions) : {},
      ...defined({
        note: hostNote(agent, looked),
        changes: probedHost(agent.runsOn) && changesSeen(known?.silent),
        unseen: known?.unseen,
        roles: known?.roles,
        secrets: known?.secrets,
      }),
    },
    findings: findingsOf(agent, activity, zoneOf(bundle.calendar)),
    ...defined({ guardrail: guardrailOf(bundle, agent) }),
  }
}

const registered = ({ agent, status, because, leaving }: AgentSeen) => ({
  id: agent.id,
  ...defined({ description: agent.description }),
  owner: agent.owner,
  ...defined({ backup_owner: agent.backupOwner }),
  autonomy: agent.autonomy,
  status,
  ...defined({ because, leaving: leaving && leavingView(leaving) }),
})

const leavingView = ({ on, answers, entry }: LeavingOwner) => ({ ...defined({ on: timeMember(on), answers }), entry })

const identityView = ({ issuer, subject, claims, validFrom, validUntil }: Identity) => ({
  issuer,
  ...defined({ subject, claims, valid_from: timeMember(validFrom), valid_until: timeMember(validUntil) }),
})

const countsView = ({ tierZero, extraCalls, ...counts }: Counts) => ({
  ...counts,
  tier_zero: tierZero,
  extra_calls: extraCalls,
})

const grantView = ({ ask, grant }: ApprovedRequest) => ({
  request: ask.id,
  grant: grant.id,
  action: ask.action,
  resource: ask.resource,
  until: rfc3339(grant.notAfter),
})

const recertificationView = (recertifyBy: NumericDate, certified: Certified | undefined) => ({
  due: rfc3339(recertifyBy),
  ...(certified ? { by: certified.by, at: rfc3339(certified.at), evidence: certified.evidence } : {}),
})

/** `GET /v1/{kind}/{id}/recertification` (docs/api.md). */
export const subjectView = ({
  subject,
  recertifyBy,
  certified,
  evidence,
  digest,
}: SubjectSeen): Said<typeof SubjectAnswer> => ({
  subject,
  recertification: recertificationView(recertifyBy, certified),
  evidence,
  evidence_digest: digest,
})

/** `POST /v1/agents/{id}/recertify`, and of people, groups and a sealed role's names. */
export const certifiedView = (subject: Subject, { due, by, at, evidence }: Certified): Said<typeof Recertified> => ({
  subject,
  recertification: { due: rfc3339(due), by, at: rfc3339(at), evidence },
})

/** `POST /v1/agents/{id}/recertify` with the verdict `retire`. */
export const retiredView = (subject: Subject, { at, by, evidence }: Retired): Said<typeof Recertified> => ({
  subject,
  retired: { by, at: rfc3339(at), evidence },
})

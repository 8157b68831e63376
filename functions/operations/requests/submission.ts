// Rules: test/operations/requests/reevaluation.test.ts
import type { AgentRef } from '../../domain/policy/agent-ref.ts'
import type { Observed } from '../../domain/policy/observed.ts'
import type { Said } from '../../domain/record/ask-terms.ts'
import type { Submit } from '../../domain/record/commands.ts'
import type { Preview } from '../../domain/record/preview.ts'
import type { PersonId, Thumbprint } from '../../domain/values.ts'
import { refuse } from '../../domain/values.ts'
import type { PlacePorts } from '../credentials/place.ts'
import type { Bound } from '../credentials/statements.ts'
import type { PermitReader } from '../permits/ports.ts'
import type { TaskService } from '../ports.ts'
import type { ReaderPorts } from '../previews/read-again.ts'
import type { MakingPorts } from '../record/ports.ts'

/** A submission bound to its evaluation. */
export type Asking = Pick<Bound, 'subject' | 'action' | 'resource'> &
  Said & {
    agent: AgentRef
    jkt?: Thumbprint
    /** The person who asks on the agent's behalf, without the agent's key. */
    askedBy?: PersonId
  }

/** Ports for making a request that is already bound. */
export type AdmissionPorts = MakingPorts &
  ReaderPorts &
  PlacePorts & {
    permits: Pick<PermitReader, 'ofAgent'>
    /** Undefined if the deployment has no incident service. */
    tasks?: TaskService
  }

export type Unbound = 'invalid_denial_binding' | 'expired_denial'

export type Lacking =
  | 'justification_required'
  | 'unknown_parent_task'
  | 'invalid_parent_task'
  | 'invalid_evidence'
  | 'incidents_unreachable'

/** The reading of a run refuses it before people are asked. */
export type RunRefusal = 'state_unreadable' | 'invalid_run' | 'no_service_role' | 'own_control_plane'

export type RefusedSubmission = {
  ok: false
  code: Unbound | Lacking | RunRefusal | 'not_requestable' | 'too_many_open' | 'invalid_revision' | 'too_many_revisions'
  detail?: string
  /** The evaluation's answer, for the record. */
  because?: { reason: string; policies: readonly string[]; wouldBe?: Observed | undefined }
}

export const notRequestable = (
  reason: string,
  detail?: string,
  policies: readonly string[] = [],
  wouldBe?: Observed,
): RefusedSubmission => ({
  ...refuse('not_requestable', detail === undefined ? reason : `${reason}: ${detail}`),
  because: { reason, policies, wouldBe },
})

/** Refuses because too few people are left without those who wrote to the agent about this. */
export const tooFewLeft = (policies: readonly string[], wouldBe?: Observed): RefusedSubmission =>
  notRequestable(
    'no_eligible_approvers',
    'the people who wrote to you about this may not decide it for 7 days, and too few others may: ask for part of the earlier request, or for it unchanged',
    policies,
    wouldBe,
  )

export type SubmissionResult<T> = { ok: true; value: T } | RefusedSubmission
export type AssessedAsk = {
  submit: Submit
  withPreview: (preview: Preview | undefined, words?: string) => SubmissionResult<Submit>
}

/** Makes the request from the data already read. */
export type Assess = () => Promise<SubmissionResult<AssessedAsk>>

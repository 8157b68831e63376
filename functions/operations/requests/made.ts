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

/** A submission once it is bound to its evaluation. */
export type Asking = Pick<Bound, 'subject' | 'action' | 'resource'> &
  Said & {
    agent: AgentRef
    jkt?: Thumbprint
    /** The person who asks on the agent's behalf, who has no key of its. */
    askedBy?: PersonId
  }

/** The ports by which a request that is bound already is made. */
export type AdmissionPorts = MakingPorts &
  ReaderPorts &
  PlacePorts & {
    permits: Pick<PermitReader, 'ofAgent'>
    /** Where the deployment names a service that keeps incidents. */
    tasks?: TaskService
  }

export type Unbound = 'invalid_denial_binding' | 'expired_denial'

export type Lacking = 'justification_required' | 'unknown_parent_task' | 'incidents_unreachable'

export type Unmade = {
  ok: false
  code: Unbound | Lacking | 'not_requestable' | 'too_many_open'
  detail?: string
  /** What an evaluation would say, for the record. */
  because?: { reason: string; policies: readonly string[]; wouldBe?: Observed | undefined }
}

export const notRequestable = (
  reason: string,
  detail?: string,
  policies: readonly string[] = [],
  wouldBe?: Observed,
): Unmade => ({
  ...refuse('not_requestable', detail === undefined ? reason : `${reason}: ${detail}`),
  because: { reason, policies, wouldBe },
})

export type MadeOr<T> = { ok: true; value: T } | Unmade
export type Made = { submit: Submit; read: (preview: Preview | undefined) => MadeOr<Submit> }

/** Makes it of what was read for it, without another read. */
export type Make = () => Promise<MadeOr<Made>>

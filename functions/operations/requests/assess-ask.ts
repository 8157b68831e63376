import { type Asked, type Assessment, assess } from '../../domain/policy/assess.ts'
import type { Bundle } from '../../domain/policy/bundle.ts'
import type { PreviewOutcome } from '../../domain/previews/preview.ts'
import { type AskerId, defined, type NumericDate } from '../../domain/values.ts'
import type { Bound } from '../credentials/statements.ts'
import { tooLargeToConfine } from './confine.ts'
import type { AskingPorts } from './ports.ts'

type AskOfOne = Pick<Bound, 'action' | 'resource' | 'mcp' | 'purpose'> &
  Pick<Asked, 'host' | 'justified' | 'task'> & { atLeast?: number }

/** What policy is asked before it is asked for. */
export function askedInBody(
  ask: AskOfOne,
  agent: AskerId,
  recent: number,
  { deployment }: Pick<Bundle, 'deployment'>,
  preview?: PreviewOutcome,
): Asked {
  const { name: action, properties } = ask.action
  const resource = { type: ask.resource.type, id: ask.resource.id }
  const about = { agent, action, arguments: properties, resource, mcp: ask.mcp, purpose: ask.purpose ?? '', recent }
  // Before it is asked, as if the service that keeps incidents will know the parent task.
  const task = ask.task ?? (deployment.incidents ? 'known' : 'unchecked')
  return { ...about, ...defined({ preview, host: ask.host, justified: ask.justified, task }) }
}

/** Refuses also an ask whose credentials could not be confined: what confines them would be too large. */
export function assessAsk(
  ask: AskOfOne,
  agent: AskerId,
  recent: number,
  now: NumericDate,
  { policy }: Pick<AskingPorts, 'policy'>,
  preview?: PreviewOutcome,
): Assessment {
  const asked = askedInBody(ask, agent, recent, policy.bundle, preview)
  const least = defined({ atLeast: ask.atLeast })
  const assessment = assess(policy.bundle, (question) => policy.ask(question), asked, now, least)
  if (assessment.outcome === 'refused') return assessment
  const detail = tooLargeToConfine(policy.bundle, assessment.facts, now)
  return detail === undefined ? assessment : { outcome: 'refused', reason: 'invalid_arguments', policies: [], detail }
}

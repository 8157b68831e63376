// Rules: test/stack/requests/authzen.test.ts, test/http/representations.test.ts
import * as z from 'zod'
import { mostEvaluations } from '../../domain/policy/ladder.ts'
import { EvaluationBody } from '../../domain/requests/evaluation-body.ts'
import type { Json } from '../../domain/values.ts'
import { whatIsWrong } from '../../domain/what-is-wrong.ts'
import { parseBody } from './authzen.ts'

type Body = z.infer<typeof EvaluationBody>

/** AuthZEN Authorization API 1.0, Access Evaluations API. Without `evaluations` the message is a single one. */
export type Evaluations =
  | { kind: 'one'; body: Body | NoSuchName }
  | { kind: 'many'; semantic: Semantic; items: readonly (Body | NoSuchName | Incomplete)[] }

/** An invalid item. Its decision is `false`; the others are unaffected. */
export type Incomplete = { incomplete: string }

const Semantic = z.enum(['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'])
type Semantic = z.infer<typeof Semantic>

export const EvaluationsBody = z.object({
  evaluations: z.array(z.record(z.string(), z.json())).max(mostEvaluations).optional(),
  options: z.object({ evaluations_semantic: Semantic.optional() }).optional(),
})

/** @throws BadRequest */
export function readEvaluations(body: Json): Evaluations {
  const { evaluations = [], options } = parseBody(EvaluationsBody, body)
  if (evaluations.length === 0) return { kind: 'one', body: readEvaluation(body) }
  const { subject, action, resource, context } = body as { [member: string]: Json }
  const defaults = Object.fromEntries(
    Object.entries({ subject, action, resource, context }).filter(([, value]) => value !== undefined),
  )
  // A member of an item replaces the default as a whole: entities are never merged.
  const items = evaluations.map((item) => readItem({ ...defaults, ...item }))
  return { kind: 'many', semantic: options?.evaluations_semantic ?? 'execute_all', items }
}

/** One evaluation. @throws BadRequest if its form is wrong */
export function readEvaluation(body: Json): Body | NoSuchName {
  const parsed = EvaluationBody.safeParse(body)
  return parsed.success ? parsed.data : (noSuchName(parsed.error) ?? parseBody(EvaluationBody, body))
}

function readItem(item: { [member: string]: unknown }): Body | NoSuchName | Incomplete {
  const parsed = EvaluationBody.safeParse(item)
  if (parsed.success) return parsed.data
  return noSuchName(parsed.error) ?? { incomplete: whatIsWrong(parsed.error, 'evaluation') }
}

/** A name that cannot exist. Its decision is `false`. */
export type NoSuchName = { reason: 'unknown_action' | 'policy_denied' | 'invalid_arguments'; detail: string }

/** A name that is too long or too short to exist is denied instead of a 400. */
function noSuchName({ issues }: z.ZodError): NoSuchName | undefined {
  const [first] = issues
  if (
    !first ||
    issues.some(({ code, path }) => !['too_big', 'too_small'].includes(code) || path.includes('properties'))
  )
    return undefined
  const [of, member] = first.path
  const reason = of === 'subject' ? 'policy_denied' : member === 'name' ? 'unknown_action' : 'invalid_arguments'
  return { reason, detail: `no \`${first.path.join('.')}\` has this length` }
}

export const noSuchNameAnswer = ({ reason, detail }: NoSuchName): { [member: string]: Json } => ({
  decision: false,
  context: { reason, next_action: 'none', detail },
})

export const isDeciding = (semantic: Semantic, decision: boolean): boolean =>
  (semantic === 'deny_on_first_deny' && !decision) || (semantic === 'permit_on_first_permit' && decision)

export const incompleteAnswer = ({ incomplete }: Incomplete): { [member: string]: Json } => ({
  decision: false,
  context: { reason: 'invalid_arguments', error: { status: 400, message: incomplete } },
})

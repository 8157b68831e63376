// Rules: test/http/representations.test.ts
import * as z from 'zod'
import { bodyShape } from '../record/ask-terms.ts'
import { Resource } from '../values.ts'

/**
 * An evaluation of AuthZEN Authorization API 1.0, as JSON. As in the standard, unknown members are ignored at every
 * level, and known ones must have their type.
 *
 * @see https://openid.github.io/authzen/
 */

const Properties = z.record(z.string(), z.json())
const Entity = z.object({
  type: z.string().min(1).max(256),
  id: z.string().min(1).max(2048),
  properties: Properties.optional(),
})

export const EvaluationContext = z.object({
  ...bodyShape('context'),
  /** An invalid reference counts as absent (ARAP, "Approval Reference Substitution"). */
  approval: z.json().optional(),
})

export const EvaluationBody = z.object({
  subject: Entity,
  action: z.object({ name: z.string().min(1).max(256), properties: Properties.optional() }),
  resource: Entity.extend({ id: Resource.shape.id, type: Resource.shape.type }),
  context: EvaluationContext.optional(),
})

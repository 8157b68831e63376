// Rules: test/channels/slack/cards/plan-card.test.ts
import * as z from 'zod'
import { canonicalForm } from '../digest.ts'
import { exact, inert } from '../inert.ts'
import { type Json, JsonObject, Resource } from '../values.ts'

/** A step in the arguments of a plan, which leave out struck steps. */
const Told = z.object({ agent: z.string(), action: z.string(), arguments: JsonObject, resource: Resource })
type Told = z.infer<typeof Told>

type Change = { label: string; from: string; to: string }

/** The change of each step that an approver narrowed or struck out. The steps keep their order. */
export function stepChanges(from: readonly Json[], to: readonly Json[]): readonly Change[] {
  const [before, after] = [z.array(Told).safeParse(from), z.array(Told).safeParse(to)]
  if (!before.success || !after.success) return [{ label: 'steps', from: exact(from), to: exact(to) }]
  const left = [...after.data]
  return before.data.flatMap((step, index) => {
    const next = left[0]
    if (!next || isStruck(before.data.slice(index), left))
      return [{ label: nameOf(step), from: inert(step.resource.id), to: 'struck out' }]
    left.shift()
    return Object.entries(step.arguments).flatMap(([name, value]) => {
      const now = next.arguments[name] ?? null
      return isSame(value, now) ? [] : [{ label: `${nameOf(step)} ${inert(name)}`, from: exact(value), to: exact(now) }]
    })
  })
}

/** Whether the first step was struck: the next remaining step differs from it, or is an unchanged later step. */
function isStruck([step, ...later]: readonly Told[], [next]: readonly Told[]): boolean {
  if (!step || !next) return true
  if (isSame(step, next)) return false
  const isOfIt = step.agent === next.agent && step.action === next.action && isSame(step.resource, next.resource)
  return !isOfIt || later.some((each) => isSame(each, next))
}

const isSame = (one: Json, other: Json): boolean => canonicalForm(one) === canonicalForm(other)

const nameOf = ({ agent, action }: Told): string => `${inert(action)} by ${inert(agent)}`

// Rules: test/domain/cards/timeline.test.ts
import { clamp, inert } from '../inert.ts'
import { type Bundle, personOf } from '../policy/bundle.ts'
import { defined } from '../values.ts'

/** A person with the name that the directory has, an agent, or Hotwork itself (`system`). */
export type Who = { id: string; name?: string }

type Facts = Pick<Bundle, 'directory'>

export const whoIs = ({ directory }: Facts, id: string): Who => ({
  id,
  ...defined({ name: personOf({ directory }, id)?.name }),
})

/** A person by name and id; Hotwork for a rule's decision. */
export function nameOf({ id, name }: Who): string {
  if (id === 'system') return 'Hotwork, by rule'
  return name === undefined ? id : `${clamp(inert(name), 64).text} (${id})`
}

export const nameIn = (facts: Facts, id: string): string => nameOf(whoIs(facts, id))

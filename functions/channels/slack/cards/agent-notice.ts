import type { SuspendedBecause } from '../../../domain/people/organisation.ts'
import { type JsonObject, rfc3339 } from '../../../domain/values.ts'
import type { AgentNotice } from '../../../operations/agents/ports.ts'
import type { RenderedCard } from '../../../operations/cards/ports.ts'
import { drawn, rich, section } from './blocks.ts'

/** Of the server's facts alone: ids, a date and our words. */
export function renderAgentNotice({ about, notice }: AgentNotice, issuer: string): RenderedCard {
  const text = notice.kind === 'due' ? dueText(about, notice) : `${about} ${lost[notice.why]}. ${effectOf(about)}`
  const where = about.startsWith('agent:') ? ` ${issuer}/agents/${about}` : ''
  const whole = `${text}${where}`
  return { text: whole, blocks: [rich('notice', section(...drawn([whole])))] as unknown as readonly JsonObject[] }
}

const dueText = (about: string, { days, due }: Extract<AgentNotice['notice'], { kind: 'due' }>): string =>
  `${about} is to be recertified by ${rfc3339(due)}, in ${days === 1 ? 'one day' : `${days} days`}. After that it is suspended. Another person does it: none who answers for it may.`

const lost: { readonly [why in SuspendedBecause]: string } = {
  recertification: 'was not recertified in time',
  suspended: 'is suspended in the files',
  retired: 'is retired',
  owner_inactive: 'has no active owner',
}

function effectOf(about: string): string {
  if (about.startsWith('agent:')) return 'Its grants have ended, and it gets no more.'
  if (about.startsWith('person:')) return 'This person counts as inactive.'
  return about.startsWith('group:') ? 'This group counts as empty.' : 'Its names should be looked at.'
}

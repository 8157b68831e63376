import type { OpenRight } from '../../domain/break-glass/break-glass.ts'
import { filledFor } from '../../domain/break-glass/rights.ts'
import { nameIn } from '../../domain/cards/request-words.ts'
import { exact, inert, lookalikeNote } from '../../domain/inert.ts'
import { titleOf } from '../../domain/policy/catalogue.ts'
import { endedAt, openUntil } from '../../domain/requests/due.ts'
import type { ApprovalRequest, SettledBy } from '../../domain/requests/request.ts'
import { duration, type NumericDate } from '../../domain/values.ts'
import { type Html, html } from './layout.ts'
import type { PageBundle } from './words.ts'
import { time } from './words.ts'

/** What was opened, as its profile or its action calls it. */
export function titleOfOpening({ ask }: ApprovalRequest, { actions, breakGlass }: PageBundle): string {
  if (ask.breakGlass?.sealed)
    return inert(`The sealed role of account ${ask.resource.id.split(':')[4] ?? ask.resource.id}`)
  const name = ask.breakGlass?.profile
  if (name !== undefined) return inert(breakGlass?.profiles.find((each) => each.name === name)?.title ?? name)
  const entry = actions[ask.action]
  return inert(entry ? titleOf(entry, ask.arguments) : ask.action)
}

type Chip = { words: string; kind: 'wait' | 'go' | 'stop' | 'over' | 'prod' | 'drill' }

/** How it stands, in a few words each: that it is a drill first, since everything else is to be read in that light. */
function chipsOf(state: ApprovalRequest): readonly Chip[] {
  const { ask, review } = state
  const environment: Chip = {
    words: ask.environment.toUpperCase(),
    kind: /^prod/.test(ask.environment) ? 'prod' : 'over',
  }
  return [
    ...(ask.breakGlass?.drill ? [{ words: 'DRILL: it could do nothing', kind: 'drill' } as const] : []),
    ...(ask.breakGlass?.sealed ? [{ words: 'SEALED ROLE: used outside Hotwork', kind: 'stop' } as const] : []),
    state.status === 'approved' ? { words: 'Open now', kind: 'stop' } : { words: endWords(state), kind: 'over' },
    environment,
    ...(review ? [reviewChip(review)] : []),
  ]
}

export const chips = (state: ApprovalRequest): Html =>
  html`<p class="chips">${chipsOf(state).map(({ words, kind }) => html`<span class="chip ${kind}">${words}</span> `)}</p>`

function endWords(state: ApprovalRequest): string {
  switch (state.status) {
    case 'completed':
      return 'Ended early'
    case 'revoked':
      return 'Ended by somebody else'
    case 'expired':
      return 'Ended on time'
    default:
      return 'Ended'
  }
}

const reviewChip = ({ done, overdueAt }: NonNullable<ApprovalRequest['review']>): Chip => {
  if (done?.outcome === 'justified') return { words: 'Reviewed: justified', kind: 'go' }
  if (done) return { words: 'Reviewed: not justified', kind: 'stop' }
  return overdueAt === undefined ? { words: 'Review due', kind: 'wait' } : { words: 'Review overdue', kind: 'stop' }
}

/** Until when it is open, or how it ended: by whom, when and why. */
export function becameOfOpening(state: ApprovalRequest, bundle: PageBundle, now: NumericDate): Html {
  const by = (who: SettledBy) => (who === 'system' ? 'a rule of Hotwork' : nameIn(bundle, who))
  switch (state.status) {
    case 'approved':
      if (state.ask.breakGlass?.sealed)
        return html`Its session lasts until ${time(state.grant.notAfter, now)} at the longest. Hotwork did not open it and cannot end it: that takes an administrator of the account.`
      return html`Open until ${time(state.grant.notAfter, now)}. It then ends by itself, and nothing can lengthen it.`
    case 'completed':
      return html`${nameIn(bundle, state.ask.owner)} ended it ${time(state.completedAt, now)}, before its time.`
    case 'revoked':
      return html`${by(state.revokedBy)} ended it ${time(state.revokedAt, now)}: “${inert(state.reason)}”`
    default:
      return html`It ended by itself ${time(endedAt(state) ?? state.updatedAt, now)}, as it was opened to.`
  }
}

/** When somebody else has to have looked at it, and what they found. */
export function reviewWords({ review }: ApprovalRequest, bundle: PageBundle, now: NumericDate): Html {
  if (!review) return html`No review is due.`
  const { done, dueAt } = review
  if (done)
    return html`${nameIn(bundle, done.by)} found it <strong>${done.outcome === 'justified' ? 'justified' : 'not justified'}</strong>, ${time(done.at, now)}.`
  return dueAt > now
    ? html`Somebody else has to look at it by ${time(dueAt, now)}.`
    : html`<strong>Overdue</strong> since ${time(dueAt, now)}: until it is done, the next opening needs a second person.`
}

/** What it opened: each action, with the resources that it opened it on, and what that left open. */
export function openedList({ ask }: ApprovalRequest, bundle: PageBundle): Html {
  const args = Object.entries(ask.arguments)
  return html`${rightsList(ask.breakGlass?.rights ?? [], bundle)}
${args.map(([name, value]) => html`<div><code>${inert(name)}</code><strong>${lookalikeNote(JSON.stringify(value))}</strong><pre>${exact(value)}</pre></div>`)}
${ask.unpinned.length === 0 ? '' : html`<p>It leaves open: ${ask.unpinned.map(inert).join('; ')}.</p>`}`
}

/** Each action, with the resources on which it is open. */
export const rightsList = (rights: readonly OpenRight[], bundle: PageBundle): Html =>
  html`<ul>${rights.map(
    ({ action, resources }) =>
      html`<li><code>${action}</code> on ${resources.map((each, at) => html`${at === 0 ? '' : ', '}<code>${inert(filledFor(action, each, bundle))}</code>`)}</li>`,
  )}</ul>`

/** From when until when it was open, at the longest and as it came. */
export function windowOf(state: ApprovalRequest): { until: NumericDate; asked: string; was?: string } {
  const until = openUntil(state)
  const ended = endedAt(state)
  return {
    until,
    asked: duration(state.ask.breakGlass?.window ?? 0),
    ...(ended === undefined ? {} : { was: duration(Math.max(1, ended - state.submittedAt)) }),
  }
}

import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, badRequest } from '../../adapters/http/problem.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import type { ReviewDraft } from '../../adapters/pages/opening-page.ts'
import { breakGlassPage } from '../../adapters/pages/opening-page.ts'
import { whatCameOfOpening } from '../../adapters/pages/opening-words.ts'
import type { Refusal } from '../../domain/refusals.ts'
import type { RequestId } from '../../domain/values.ts'
import { endBreakGlass, reviewBreakGlass, viewBreakGlass } from '../../operations/break-glass/openings.ts'
import type { DecidingPorts } from '../../operations/requests/ports.ts'
import {
  type DoorPorts,
  formOf,
  type Guest,
  goTo,
  guestOf,
  loggedOut,
  notShownOpening,
  openingIn,
  shown,
} from '../pages/page-door.ts'

export type ConcludePorts = DoorPorts & Omit<DecidingPorts, 'ids'>

/**
 * `POST /break-glass/{id}`: one of the two forms of an opening's page, its end or its review, by the same operations as the
 * API. Recorded: on to the page that shows it. Not recorded: the page as the opening is now, with what was written.
 */
export async function concludeOnPage(call: Call, ports: ConcludePorts): Promise<Answer> {
  const { issuer } = ports
  const id = openingIn(call)
  const guest = await guestOf(call, ports)
  if (!guest) throw loggedOut(`${issuer}/break-glass${id ? `/${id}` : ''}`)
  const form = formOf(call, issuer, guest.cookie)
  if (!id) throw notShownOpening()
  const act = form.get('act')
  if (act === 'end') return end(id, form, guest, ports)
  if (act === 'review') return review(id, form, guest, ports)
  throw badRequest('invalid_form', 'That is no form of ours', 'Open the page again and decide there')
}

async function end(id: RequestId, form: Form, guest: Guest, ports: ConcludePorts): Promise<Answer> {
  const reason = form.get('why')?.trim()
  if (reason !== undefined && reason.length > 500)
    throw badRequest('invalid_form', 'The reason is too long', 'Write at most 500 characters')
  const done = await endBreakGlass({ id, person: guest.person.id, ...(reason ? { reason } : {}) }, ports)
  return done.ok ? goTo(ports.issuer, `/break-glass/${id}`) : again(id, done.code, {}, guest, ports)
}

async function review(id: RequestId, form: Form, guest: Guest, ports: ConcludePorts): Promise<Answer> {
  const [outcome, note = ''] = [form.get('outcome'), form.get('note')]
  const draft = { note, ...(outcome === undefined ? {} : { outcome }) }
  if (outcome !== 'justified' && outcome !== 'not_justified')
    return again(id, undefined, { ...draft, mend: 'outcome' }, guest, ports)
  const said = note.trim()
  if (said === '' || said.length > 4000) return again(id, undefined, { ...draft, mend: 'note' }, guest, ports)
  const done = await reviewBreakGlass({ id, person: guest.person.id, outcome, note: said }, ports)
  return done.ok ? goTo(ports.issuer, `/break-glass/${id}`) : again(id, done.code, draft, guest, ports)
}

/** @param code why it was refused; without it the form itself is to be mended */
async function again(
  id: RequestId,
  code: Refusal | undefined,
  draft: ReviewDraft,
  { person, reader }: Guest,
  ports: ConcludePorts,
): Promise<Answer> {
  const { issuer, policy, clock } = ports
  const viewed = await viewBreakGlass({ id, person: person.id }, ports)
  if (!viewed.ok) throw notShownOpening(viewed.code)
  const text = code === undefined ? 'Nothing is recorded yet: the review lacks something.' : whatCameOfOpening(code)
  const body = breakGlassPage({
    viewed: viewed.value,
    bundle: policy.bundle,
    reader: { ...reader, person: person.id },
    now: clock.now(),
    notice: { text },
    draft,
  })
  return shown(issuer, body, code === undefined ? 400 : forbidden.has(code) ? 403 : 409)
}

const forbidden = new Set<Refusal>(['self_review', 'not_permitted', 'policy_error'])

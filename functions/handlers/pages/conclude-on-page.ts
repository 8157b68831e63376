// Rules: test/http/break-glass-pages.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, badRequest } from '../../adapters/http/problem.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { breakGlassPage, type ReviewDraft } from '../../adapters/pages/opening-page.ts'
import { whatCameOf } from '../../adapters/pages/words.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { defined, type RequestId } from '../../domain/values.ts'
import { endBreakGlass, reviewBreakGlass, viewBreakGlass } from '../../operations/break-glass/openings.ts'
import type { TextReader } from '../../operations/ledger/ports.ts'
import { showing } from '../../operations/ledger/texts.ts'
import type { DecidingPorts } from '../../operations/record/ports.ts'
import { openingIn, valueOrThrow } from '../doors.ts'
import { type Guest, goTo, notShown, type PagePorts, pageStatus, sentForm, shown, unknownForm } from './page-door.ts'

type Ports = PagePorts & DecidingPorts & { texts: TextReader }

/**
 * `POST /break-glass/{id}`: one of the two forms of an opening's page, its end or its review, by the API's operations.
 * A recorded act redirects to the page. Otherwise the page shows the opening as it is now, with the typed text.
 */
export async function concludeOnPage(call: Call, ports: Ports): Promise<Answer> {
  const id = openingIn(call)
  const { guest, form } = await sentForm(call, `/break-glass${id ? `/${id}` : ''}`, ports)
  if (!id) throw notShown()
  const act = form.get('act')
  if (act === 'end') return end(id, form, guest, ports)
  if (act === 'review') return review(id, form, guest, ports)
  throw unknownForm()
}

async function end(id: RequestId, form: Form, guest: Guest, ports: Ports): Promise<Answer> {
  const reason = form.get('why')?.trim()
  if (reason !== undefined && reason.length > 500)
    throw badRequest('invalid_form', 'The reason is too long', 'Write at most 500 characters')
  const done = await endBreakGlass({ id, person: guest.person.id, ...(reason ? { reason } : {}) }, ports)
  return done.ok ? goTo(ports.issuer, `/break-glass/${id}`) : again(id, done.code, {}, guest, ports)
}

async function review(id: RequestId, form: Form, guest: Guest, ports: Ports): Promise<Answer> {
  const [outcome, note = ''] = [form.get('outcome'), form.get('note')]
  const draft = defined({ note, outcome })
  if (outcome !== 'justified' && outcome !== 'not_justified')
    return again(id, undefined, { ...draft, mend: 'outcome' }, guest, ports)
  const said = note.trim()
  if (said === '' || said.length > 4000) return again(id, undefined, { ...draft, mend: 'note' }, guest, ports)
  const done = await reviewBreakGlass({ id, person: guest.person.id, outcome, note: said }, ports)
  return done.ok ? goTo(ports.issuer, `/break-glass/${id}`) : again(id, done.code, draft, guest, ports)
}

/** @param code the refusal; undefined for errors in the form itself */
async function again(
  id: RequestId,
  code: Refusal | undefined,
  draft: ReviewDraft,
  { person, reader }: Guest,
  ports: Ports,
): Promise<Answer> {
  const { issuer, policy, clock } = ports
  const viewed = valueOrThrow(await viewBreakGlass({ id, person: person.id }, showing(ports)), notShown)
  const text = code === undefined ? 'Nothing is recorded yet: the review is incomplete.' : whatCameOf(code)
  const view = { viewed, bundle: policy.bundle, reader, now: clock.now(), notice: { text }, draft }
  return shown(issuer, breakGlassPage(view), code === undefined ? 400 : pageStatus(code))
}

// Rules: test/http/halts-page.test.ts
import type { Call, Endpoint } from '../../adapters/http/endpoint.ts'
import { type Answer, refusalProblem } from '../../adapters/http/problem.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import type { HaltDraft, HaltField } from '../../adapters/pages/halt-form.ts'
import { haltAgainPage } from '../../adapters/pages/halts-page.ts'
import { whatCameOf } from '../../adapters/pages/words.ts'
import { HaltTarget, type NewHalt } from '../../domain/halts/halt.ts'
import type { Refusal } from '../../domain/refusals.ts'
import { defined, HaltId, type NumericDate, Timestamp } from '../../domain/values.ts'
import { declareHalt, liftHalt } from '../../operations/halts/halt.ts'
import { viewHalt } from '../../operations/halts/view-halts.ts'
import { valueOrThrow } from '../doors.ts'
import { type Guest, goTo, pageDoor, pageStatus, sentForm, shown, unknownForm } from './page-door.ts'
import { type HaltPagePorts, haltAnswer, haltIn, newHaltForm, pathOfHalt, type ShowHaltsPorts } from './show-halts.ts'

type DeclarePorts = Parameters<typeof declareHalt>[1] & Pick<ShowHaltsPorts, 'issuer' | 'sessions' | 'ids'>

/** `POST /halts`: a recorded halt redirects to its page. Otherwise the sent form is shown again, with its errors. */
export const haltOnPage = (ports: DeclarePorts): Endpoint =>
  pageDoor(ports, async (call) => {
    const { guest, form } = await sentForm(call, '/halts', ports)
    const key = HaltId.safeParse(form.get('key'))
    if (!key.success) throw unknownForm()
    const read = readHalt(form, ports.clock.now())
    if ('wrong' in read) return again(read, guest, ports, 400, 'Nothing is halted: the form has an error.')
    const asked = { ...read.asked, person: guest.person.id, idempotencyKey: `page ${key.data}` }
    const declared = await declareHalt(asked, ports)
    if (declared.ok) return goTo(ports.issuer, `/halts/${declared.value.id}`)
    const [{ code }, { draft }] = [declared, read]
    if (code === 'unknown_target') {
      const value = 'It is unknown. Choose one of the list, or write its id exactly.'
      return again({ ...draft, wrong: { value } }, guest, ports, 400, whatCameOf(code))
    }
    return again(draft, guest, ports, pageStatus(code), wordsOf(code))
  })

/** Leaves out the `Idempotency-Key`, which a form hides. */
const wordsOf = (code: Refusal): string =>
  code === 'duplicate_request'
    ? 'This form was sent before, and declared a halt. Nothing was recorded now. Check the list of halts first; to declare another halt, send the form again.'
    : whatCameOf(code)

function again(draft: HaltDraft, guest: Guest, ports: DeclarePorts, status: number, text: string): Answer {
  const declare = newHaltForm(draft, guest, ports)
  return shown(ports.issuer, haltAgainPage({ declare, reader: guest.reader, notice: { text } }), status)
}

type Read = { asked: NewHalt; draft: HaltDraft } | (HaltDraft & { wrong: object })

function readHalt(form: Form, now: NumericDate): Read {
  const [kind = '', value = '', reason = '', until = ''] = ['kind', 'value', 'reason', 'until'].map((name) =>
    (form.get(name) ?? '').trim(),
  )
  const draft = { kind, value, reason, until }
  const target = HaltTarget.safeParse({ kind, value: kind === 'all' ? 'all' : value })
  const end = until === '' ? undefined : Timestamp.safeParse(`${until}${until.length === 16 ? ':00' : ''}Z`)
  const wrong: { [field in HaltField]?: string } = {}
  if (!target.success) wrong.value = 'Choose one of the list, or write its id as it is there.'
  // Refused, since a name beside `Everything` may be the intended target.
  if (kind === 'all' && value !== '' && value !== 'all')
    wrong.value = 'Everything has no id. Leave this empty, or choose what to halt above.'
  if (reason === '' || reason.length > 1000) wrong.reason = 'Write the reason, in at most 1,000 characters.'
  if (end?.success === false) wrong.until = 'Write a date and a time in UTC, or leave it empty.'
  if (end?.success && end.data <= now)
    wrong.until = 'The time has passed. Write a future time in UTC, or leave it empty.'
  if (!target.success || Object.keys(wrong).length > 0) return { ...draft, wrong }
  return { asked: { target: target.data, reason, ...defined({ until: end?.data }) }, draft }
}

type LiftPorts = Parameters<typeof liftHalt>[1] & HaltPagePorts

/** `POST /halts/{id}`: lifts the halt. After a refusal the page shows the present halt, with the reason. */
export const liftOnPage = (ports: LiftPorts): Endpoint =>
  pageDoor(ports, async (call: Call): Promise<Answer> => {
    const { guest } = await sentForm(call, pathOfHalt(call), ports)
    const id = haltIn(call)
    const person = guest.person.id
    const lifted = await liftHalt({ id, person }, ports)
    const there = () => goTo(ports.issuer, `/halts/${id}`)
    if (lifted.ok) return there()
    const viewed = valueOrThrow(await viewHalt({ id, person }, ports), refusalProblem)
    // A form that is sent twice lifts once.
    if (lifted.code === 'already_lifted' && viewed.halt.lifted?.by === person) return there()
    const [status, notice] = [pageStatus(lifted.code), { text: whatCameOf(lifted.code) }]
    return haltAnswer(viewed, guest, ports, { notice, status })
  })

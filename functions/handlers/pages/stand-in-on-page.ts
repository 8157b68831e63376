// Rules: test/http/giving-pages.test.ts
import type { Endpoint } from '../../adapters/http/endpoint.ts'
import { type Answer, refusalProblem } from '../../adapters/http/problem.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { type StandInsPage, standInsPage } from '../../adapters/pages/giving/stand-ins-page.ts'
import { whatCameOf } from '../../adapters/pages/words.ts'
import { isOver, standInField } from '../../domain/people/stand-in.ts'
import { defined, type NumericDate, PersonId, StandInId, Timestamp } from '../../domain/values.ts'
import type { StandInReader, StandInStore } from '../../operations/people/ports.ts'
import { couldStandIn, endStandIn, giveStandIn } from '../../operations/people/stand-ins.ts'
import type { AskingPorts, MakingPorts } from '../../operations/record/ports.ts'
import { type Guest, goTo, type PagePorts, pageDoor, pageStatus, sentForm, shown } from './page-door.ts'

export type StandInPagePorts = PagePorts & AskingPorts & { standIns: Pick<StandInReader, 'of'> }

/** `GET /stand-ins`: the stand-ins of the reader, and the form to name one. */
export async function showStandIns(
  { person: { id }, reader }: Guest,
  ports: StandInPagePorts,
  view: Partial<Pick<StandInsPage, 'sent' | 'notice'>> = {},
  status = 200,
): Promise<Answer> {
  const { policy, clock, issuer, standIns } = ports
  const now = clock.now()
  const { absences, taken } = await standIns.of({ absent: id, by: id })
  const [own, others] = [absences, taken].map((all) => all.standIns.filter((each) => !isOver(each, now)))
  const people = couldStandIn(id, ports)
  const lists = { own: own ?? [], others: others ?? [], people }
  return shown(
    issuer,
    standInsPage({ sent: { texts: {} }, ...view, ...lists, facts: policy.bundle, reader, now }),
    status,
  )
}

type Ports = StandInPagePorts & MakingPorts & { standIns: StandInStore }

/** `POST /stand-ins`: names a stand-in, by the reader's present login. */
export const nameStandInOnPage = (ports: Ports): Endpoint =>
  pageDoor(ports, async (call) => {
    const { guest, form } = await sentForm(call, '/stand-ins', ports)
    const texts = Object.fromEntries(form)
    const [by, from, until] = [PersonId.safeParse(form.get('by')), timeIn(form, 'from'), timeIn(form, 'until')]
    const wrong = defined({
      by: by.success ? undefined : 'Choose a person.',
      from: from === 'wrong' ? 'Write a date and a time in UTC, or leave it empty.' : undefined,
      until: until === 'wrong' || until === undefined ? 'Write a date and a time in UTC.' : undefined,
    })
    if (!by.success || from === 'wrong' || until === 'wrong' || until === undefined) {
      const notice = { text: 'No stand-in was named: some fields have a mark that says why.' }
      return showStandIns(guest, ports, { sent: { texts, wrong }, notice }, 400)
    }
    const { acr, at } = guest.session
    const ask = { person: guest.person.id, by: by.data, login: defined({ acr, at }), until, ...defined({ from }) }
    const given = await giveStandIn(ask, ports)
    if (given.ok) return goTo(ports.issuer, '/stand-ins')
    const notice = { text: whatCameOf(given.code, given.detail) }
    const fault = { [standInField(given.detail)]: (given.detail ?? notice.text).replaceAll('`', '') }
    return showStandIns(guest, ports, { sent: { texts, wrong: fault }, notice }, pageStatus(given.code))
  })

function timeIn(form: Form, name: string): NumericDate | 'wrong' | undefined {
  const text = (form.get(name) ?? '').trim()
  if (text === '') return undefined
  return Timestamp.safeParse(`${text}${text.length === 16 ? ':00' : ''}Z`).data ?? 'wrong'
}

/** `POST /stand-ins/{id}`: ends a stand-in. */
export const endStandInOnPage = (ports: Ports): Endpoint =>
  pageDoor(ports, async (call) => {
    const { guest } = await sentForm(call, '/stand-ins', ports)
    const id = StandInId.safeParse(call.path('id'))
    if (!id.success) throw refusalProblem('unknown_stand_in')
    const ended = await endStandIn({ id: id.data, person: guest.person.id }, ports)
    if (ended.ok) return goTo(ports.issuer, '/stand-ins')
    return showStandIns(guest, ports, { notice: { text: whatCameOf(ended.code) } }, pageStatus(ended.code))
  })

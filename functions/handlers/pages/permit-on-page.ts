// Rules: test/http/giving-pages.test.ts
import type { Endpoint } from '../../adapters/http/endpoint.ts'
import type { Form } from '../../adapters/http/read-body.ts'
import { fieldKind } from '../../adapters/pages/giving/permits-page.ts'
import { whatCameOf } from '../../adapters/pages/words.ts'
import { digestOf } from '../../domain/digest.ts'
import { defined, type JsonObject } from '../../domain/values.ts'
import type { PermitStore } from '../../operations/permits/ports.ts'
import { foreseePermit } from '../../operations/permits/read-permits.ts'
import { givePermit } from '../../operations/permits/standing-permits.ts'
import type { DecidingPorts } from '../../operations/record/ports.ts'
import { readRequest } from '../../operations/requests/read-requests.ts'
import { valueOrThrow } from '../doors.ts'
import { goTo, notShown, pageDoor, pageStatus, sentForm } from './page-door.ts'
import { idIn, type PermitPagePorts, permitForm } from './show-permits.ts'

type Ports = PermitPagePorts & DecidingPorts & { permits: PermitStore }

/** `POST /permits/give/{id}`: shows what the shape in the form would have covered, or gives the shape that was shown. */
export const givePermitOnPage = (ports: Ports): Endpoint =>
  pageDoor(ports, async (call) => {
    const id = idIn(call)
    const { guest, form } = await sentForm(call, `/permits/give/${id}`, ports)
    const person = guest.person.id
    const { ask } = valueOrThrow(await readRequest({ id, person }, ports), notShown)
    const texts = Object.fromEntries(form)
    const shape = shapeIn(form, ask.arguments)
    const [uses, hours] = [wholeIn(form, 'uses', 20), wholeIn(form, 'hours', 24)]
    const wrong = defined({
      uses: uses === undefined ? 'Write a number from 1 to 20.' : undefined,
      hours: hours === undefined ? 'Write a number from 1 to 24.' : undefined,
    })
    if (uses === undefined || hours === undefined) {
      const notice = { text: 'Nothing was allowed: some fields have a mark that says why.' }
      return permitForm(id, guest, ports, { sent: { texts, wrong }, notice }, 400)
    }
    const again = (code: Parameters<typeof whatCameOf>[0], detail?: string) => {
      const [, name = ''] = /`shape\.([A-Za-z0-9_]+)`/.exec(detail ?? '') ?? []
      const faults = Object.fromEntries(
        name === ''
          ? []
          : ['is', 'min'].map((kind) => [
              `${kind}.${name}`,
              `It ${(detail ?? '').replace(/^`[^`]+` /, '').replaceAll('`', '')}.`,
            ]),
      )
      const notice = { text: whatCameOf(code, detail) }
      return permitForm(id, guest, ports, { sent: { texts, wrong: faults }, notice }, pageStatus(code))
    }
    const foreseen = await foreseePermit({ request: id, person, shape }, ports)
    if (!foreseen.ok) return again(foreseen.code, foreseen.detail)
    const seen = digestOf('hotwork.permit-shown.v1', { id, shape })
    if (form.get('act') !== 'give' || form.get('seen') !== seen)
      return permitForm(id, guest, ports, { sent: { texts }, foreseen: { coverage: foreseen.value, seen } })
    const { acr, at } = guest.session
    const until = ports.clock.now() + hours * 3600
    const given = await givePermit({ request: id, person, login: defined({ acr, at }), uses, until, shape }, ports)
    return given.ok ? goTo(ports.issuer, '/permits') : again(given.code, given.detail)
  })

/** The shape in the fields. The reader of shapes refuses invalid numbers. */
const shapeIn = (form: Form, approved: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(approved).map(([name, value]) => {
      const kind = fieldKind(value)
      if (kind === 'text') return [name, form.get(`is.${name}`) ?? '']
      const [min, max] = ['min', 'max'].map((end) => numberIn(form, `${end}.${name}`))
      return [
        name,
        kind === 'fixed' || (min === value && max === value) ? value : { min: min ?? null, max: max ?? null },
      ]
    }),
  )

function numberIn(form: Form, name: string): number | undefined {
  const text = (form.get(name) ?? '').trim()
  return /^-?[0-9]{1,15}(\.[0-9]{1,4})?$/.test(text) ? Number(text) : undefined
}

function wholeIn(form: Form, name: string, most: number): number | undefined {
  const number = numberIn(form, name)
  return number !== undefined && Number.isInteger(number) && number >= 1 && number <= most ? number : undefined
}

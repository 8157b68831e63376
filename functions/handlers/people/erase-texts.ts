// Rules: test/stack/personal.test.ts
import { apiProblem, badRequest, refusalProblem } from '../../adapters/http/problem.ts'
import { PersonId } from '../../domain/values.ts'
import { eraseTexts } from '../../operations/ledger/erase-texts.ts'
import type { TextEraser } from '../../operations/ledger/ports.ts'
import { type ApiPorts, pathId, personDoor } from '../doors.ts'
import type { Stores, Wiring } from '../environment.ts'
import { portsWithAnswers } from '../wiring/policy.ts'
import { textStore } from '../wiring/ports.ts'

/**
 * `DELETE /v1/people/{id}/personal`: removes a person's texts with their salts. Without its salt a guess at a text
 * cannot be checked.
 */
export const createHandler = (ports: ApiPorts & { eraser: TextEraser }) =>
  personDoor(ports, async (call, { person: by }) => {
    const person = pathId(call, PersonId, noPerson)
    const done = await eraseTexts({ of: person, by: by.id }, ports)
    if (!done.ok) throw done.code === 'unknown_person' ? apiProblem(404, done.code) : refusalProblem(done.code)
    const { erased, kept, more } = done.value
    return { status: 200, body: { erased, ...(kept > 0 ? { kept } : {}), ...(more ? { more } : {}) } }
  })

const noPerson = () =>
  badRequest('invalid_request', 'That is not a person', 'the last part of the path should be `person:` and a name')

export const wire: Wiring<typeof createHandler, 'ISSUER' | Stores | 'TEXTS_TABLE'> = (told) => ({
  ...portsWithAnswers(told),
  eraser: textStore(told),
})

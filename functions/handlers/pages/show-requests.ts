// Rules: test/http/history-page.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, BadRequest } from '../../adapters/http/problem.ts'
import { requestFilter } from '../../adapters/http/queries.ts'
import { readQuery } from '../../adapters/http/read-body.ts'
import { checkSpan, cursorAfter, placeAfter } from '../../adapters/http/request-filter.ts'
import { requestsPage, type Sought, timed } from '../../adapters/pages/history-page.ts'
import type { RequestFilter } from '../../domain/requests/request-facets.ts'
import { defined } from '../../domain/values.ts'
import type { AskingPorts } from '../../operations/record/ports.ts'
import { listRequests } from '../../operations/requests/read-requests.ts'
import { type Guest, notShown, type PagePorts, shown } from './page-door.ts'

type Ports = PagePorts & AskingPorts

/** `GET /requests`: shows requests by the form's filters. An invalid form is shown again, with its errors. */
export async function showRequests(call: Call, { person, reader }: Guest, ports: Ports): Promise<Answer> {
  // Drops empty fields, which browsers send too.
  const { after, ...sought } = Object.fromEntries(Object.entries(call.queries).filter(([, value]) => value !== ''))
  const { bundle } = ports.policy
  const view = {
    ...{ sought: sought as Sought, found: [], isFirst: after === undefined, bundle, reader, now: ports.clock.now() },
    choices: {
      agents: bundle.agents.map(({ id }) => id),
      people: bundle.directory.people,
      actions: Object.keys(bundle.actions),
    },
  }
  const asked = filterOf(sought, after)
  if ('wrong' in asked) return shown(ports.issuer, requestsPage({ ...view, notice: { text: asked.wrong } }), 400)
  const { filter, place } = asked
  const listed = await listRequests({ person: person.id, filter, ...defined({ after: place }) }, ports)
  if (!listed.ok) throw notShown(listed.code)
  const { items, next } = listed.value
  const goOn = next === undefined ? undefined : { cursor: cursorAfter(next, filter), to: Number.parseInt(next, 10) }
  return shown(ports.issuer, requestsPage({ ...view, found: items, next: goOn }))
}

/** The path to which a login returns. A long query is left out, since a provider may refuse a long address. */
export function historyPath({ queries }: Call): string {
  const query = new URLSearchParams(queries).toString()
  return query === '' || query.length > 512 ? '/requests' : `/requests?${query}`
}

type Asked = { filter: RequestFilter; place: string | undefined } | { wrong: string }

function filterOf(sought: { [name: string]: string }, after: string | undefined): Asked {
  const queries = Object.fromEntries(Object.entries(sought).map(([name, text]) => [name, timed(name, text)]))
  try {
    const filter = defined(readQuery({ queries }, requestFilter))
    checkSpan(filter)
    return { filter, place: placeAfter(after, filter) }
  } catch (fault) {
    if (!(fault instanceof BadRequest)) throw fault
    const { title, detail } = fault.problem
    return { wrong: `${title}${detail === undefined ? '' : `: ${detail}`}.`.replaceAll('`', '') }
  }
}

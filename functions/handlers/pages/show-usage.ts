// Rules: test/http/usage-page.test.ts
import type { Call } from '../../adapters/http/endpoint.ts'
import { type Answer, apiProblem } from '../../adapters/http/problem.ts'
import { usagePage } from '../../adapters/pages/usage-page.ts'
import type { AskingPorts } from '../../operations/record/ports.ts'
import { readUsage } from '../../operations/uses/read-usage.ts'
import { type Guest, notShown, type PagePorts, shown } from './page-door.ts'
import { agentIn } from './show-agents.ts'

/** `GET /agents/{id}/usage`: the use of an agent's grants in 30 days, with suggestions. */
export async function showUsage(
  call: Call,
  { person, reader }: Guest,
  ports: PagePorts & AskingPorts,
): Promise<Answer> {
  const agent = agentIn(call)
  if (!agent) throw apiProblem(404, 'unknown_page')
  const now = ports.clock.now()
  const since = now - 30 * 86_400
  const usage = await readUsage({ agent, person: person.id, since }, ports)
  if (!usage.ok) throw usage.code === 'not_permitted' ? notShown(usage.code) : apiProblem(404, 'unknown_page')
  return shown(ports.issuer, usagePage({ agent, usage: usage.value, since, reader, now }))
}
